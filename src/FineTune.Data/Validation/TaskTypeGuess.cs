using System.Text.Json;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>What task type a data set is for, where nobody says.</summary>
public static class TaskTypeGuess
{
    private const int Lines = 100;

    /// <summary>By the keys of the first lines, or CONTINUED_PRETRAIN for texts; CHAT_COMPLETION when nothing tells.</summary>
    public static async Task<TaskType> OfAsync(IReadOnlyList<DatasetSource> sources, CancellationToken cancellationToken = default)
    {
        sources = [.. sources.Where(source => source.Format.Records != RecordFormat.LeftOut)];
        if (sources.Count > 0 && sources.All(source => source.Format.Records == RecordFormat.Text))
        {
            return TaskType.ContinuedPretrain;
        }

        var reader = new DatasetReader(TaskType.ChatCompletion, DatasetOptions.Default, _ => { });
        foreach (var source in sources)
        {
            await foreach (var block in reader.ReadBlocksAsync(source, cancellationToken))
            {
                using (block)
                {
                    if (block.Lines().Take(Lines).Select(line => OfLine(line.Bytes)).FirstOrDefault(guess => guess is not null) is { } guess)
                    {
                        return guess;
                    }
                }

                break;
            }
        }

        return TaskType.ChatCompletion;
    }

    private static TaskType? OfLine(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? null
                : root.TryGetProperty("messages"u8, out _) ? TaskType.ChatCompletion
                : root.TryGetProperty("prompt"u8, out _) ? TaskType.InstructionFinetune
                : root.TryGetProperty("text"u8, out _) ? TaskType.ContinuedPretrain
                : null;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
