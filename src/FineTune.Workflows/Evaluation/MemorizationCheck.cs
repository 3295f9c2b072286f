using System.Text;
using FineTune.Core.Datasets;
using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Workflows.Datasets;

namespace FineTune.Workflows.Evaluation;

/// <summary>
/// Looks for a model's most probable answers among what it was trained on, white space aside; sampled ones would make the finding a matter of chance. An answer is a copy when a trained answer is, or begins
/// with, the same words (answers are cut at a number of tokens); after training on documents, when it stands anywhere in them.
/// </summary>
public sealed class MemorizationCheck(DataStores stores)
{
    /// <summary>Shorter answers, such as labels, are the same without being memorised.</summary>
    private const int MinimumCharacters = 40;

    /// <param name="files">The training data as it was pinned.</param>
    public async Task<Memorization> RunAsync(IReadOnlyList<DataFile> files, TaskType taskType, IReadOnlyList<EvalGeneration> generations)
    {
        var answers = generations
            .Select(generation => (Generation: generation, Text: Normalize(Answer(generation)).Trim('\uFFFD', ' ')))
            .Where(answer => answer.Text.Length >= MinimumCharacters)
            .ToList();
        var compared = answers.Count;
        var copies = new List<CopiedAnswer>();
        try
        {
            await using var texts = TextsAsync(files, taskType, answers.Select(answer => answer.Text.Length).DefaultIfEmpty().Max()).GetAsyncEnumerator();
            while (answers.Count > 0 && await texts.MoveNextAsync())
            {
                var (item, text) = texts.Current;
                foreach (var answer in answers.Where(answer => IsCopy(answer.Text, text, taskType)).ToList())
                {
                    copies.Add(new CopiedAnswer(answer.Generation.Prompt, Answer(answer.Generation), item.File, item.Line) { Record = item.Record });
                    answers.Remove(answer);
                }
            }
        }
        catch (DataAccessException unreadable)
        {
            return new Memorization(0, [], unreadable.Message);
        }

        return new Memorization(compared, copies);
    }

    private static string Answer(EvalGeneration generation) => generation.Greedy ?? generation.Response;

    private static bool IsCopy(string answer, string text, TaskType taskType) => taskType == TaskType.ContinuedPretrain
        ? text.Contains(answer, StringComparison.Ordinal)
        : text.StartsWith(answer, StringComparison.Ordinal);

    /// <summary>What is trained on, each part of a document with the end of the one before it.</summary>
    private async IAsyncEnumerable<(DatasetItem Item, string Text)> TextsAsync(IReadOnlyList<DataFile> files, TaskType taskType, int overlap)
    {
        var tail = "";
        await foreach (var item in new DatasetReader(taskType, DatasetOptions.Default, _ => { }).ReadAsync(DataSources.Open(stores, files)))
        {
            switch (item)
            {
                case ChatExample chat:
                    foreach (var message in chat.Messages.Where(message => message is { Role: ChatRole.Assistant, Trained: true }))
                    {
                        yield return (chat, Normalize(message.Content).Trim());
                    }

                    break;
                case InstructionExample instruction:
                    yield return (instruction, Normalize(instruction.Response).Trim());
                    break;
                case DocumentPart part:
                    var text = tail + Normalize(part.Text);
                    yield return (part, text);
                    tail = part.EndsDocument ? "" : text[^Math.Min(text.Length, overlap)..];
                    break;
            }
        }
    }

    /// <summary>Every run of white space as one space.</summary>
    private static string Normalize(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (!char.IsWhiteSpace(character))
            {
                result.Append(character);
            }
            else if (result.Length == 0 || result[^1] != ' ')
            {
                result.Append(' ');
            }
        }

        return result.ToString();
    }
}
