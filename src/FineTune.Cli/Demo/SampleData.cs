using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.Cli.Demo;

/// <summary>A question with its one right answer.</summary>
public sealed record PromptPair(string Prompt, string Response);

/// <summary>The data shipped for the demo, below a folder.</summary>
public sealed class SampleData(string folder)
{
    /// <summary>Folder of plain texts.</summary>
    public string Text { get; } = Required(Path.Combine(folder, "text"), Directory.Exists);

    public string Train { get; } = Required(Path.Combine(folder, "ner", "train.jsonl"), File.Exists);

    /// <summary>Sentences that, even with their names masked, do not occur in training.</summary>
    public string HeldOut { get; } = Required(Path.Combine(folder, "ner", "held_out.jsonl"), File.Exists);

    /// <summary>Full names that never occur in training though their words do.</summary>
    public string Recombined { get; } = Required(Path.Combine(folder, "ner", "recombined.jsonl"), File.Exists);

    /// <summary>The first <paramref name="count"/> pairs of a file of JSON lines.</summary>
    public static IReadOnlyList<PromptPair> ReadPairs(string file, int count)
    {
        var pairs = new List<PromptPair>();
        foreach (var (index, line) in File.ReadLines(file).Where(line => line.Length > 0).Take(count).Index())
        {
            try
            {
                pairs.Add(WireJson.Deserialize<PromptPair>(line));
            }
            catch (JsonException broken)
            {
                throw new InvalidDataException($"{file}, record {index + 1}: {broken.Message}", broken);
            }
        }

        return pairs;
    }

    private static string Required(string path, Func<string, bool> exists) => exists(path)
        ? path
        : throw new UsageException($"The sample data is incomplete: {path} is missing. Build the command again from a complete clone.");
}
