using System.Text.Json;

namespace FineTune.Samples.Tests;

/// <summary>The files in the repository's samples folder, read without help of the generator.</summary>
internal static class ShippedSamples
{
    public static string Folder { get; } = FindFolder();

    public static Pair[] Train { get; } = ReadPairs("train");

    public static Pair[] HeldOut { get; } = ReadPairs("held_out");

    public static Pair[] Recombined { get; } = ReadPairs("recombined");

    /// <summary>Everything the model is trained on.</summary>
    public static string[] Texts { get; } =
        [.. Directory.GetFiles(Path.Combine(Folder, "text"), "*.txt").SelectMany(File.ReadAllLines)];

    private static Pair[] ReadPairs(string name) =>
        [.. File.ReadLines(Path.Combine(Folder, "ner", name + ".jsonl")).Select(Pair.Parse)];

    private static string FindFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "FineTuneFunctions.sln")))
        {
            folder = folder.Parent;
        }

        return Path.Combine(folder.FullName, "samples");
    }
}

/// <param name="Sentence">The prompt after its instruction.</param>
/// <param name="Names">Type and text, in order of the response.</param>
internal sealed record Pair(string Instruction, string Sentence, IReadOnlyList<(string Type, string Text)> Names)
{
    public static Pair Parse(string line)
    {
        using var pair = JsonDocument.Parse(line);
        var prompt = pair.RootElement.GetProperty("prompt").GetString()!;
        var end = prompt.IndexOf(": ", StringComparison.Ordinal) + 2;
        using var response = JsonDocument.Parse(pair.RootElement.GetProperty("response").GetString()!);
        var names = response.RootElement.EnumerateArray().Select(name => name.EnumerateObject().Single());
        return new Pair(prompt[..end], prompt[end..], [.. names.Select(name => (name.Name, name.Value.GetString()!))]);
    }

    /// <summary>The sentence with its names masked, whatever their type; a name that is not a whole word of the rest fails.</summary>
    public string Mask()
    {
        var mask = "";
        var rest = Sentence;
        foreach (var (_, text) in Names)
        {
            var start = rest.IndexOf(text, StringComparison.Ordinal);
            Assert.True(start >= 0, $"'{text}' does not follow in order in: {Sentence}");
            mask += rest[..start] + '_';
            rest = rest[(start + text.Length)..];
            Assert.False(char.IsLetterOrDigit(rest[0]) || (mask.Length > 1 && char.IsLetterOrDigit(mask[^2])), $"'{text}' is part of a word in: {Sentence}");
        }

        return mask + rest;
    }
}
