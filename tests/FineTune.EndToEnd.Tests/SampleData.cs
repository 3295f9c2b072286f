namespace FineTune.EndToEnd.Tests;

/// <summary>The repository's samples, cut to test size.</summary>
public static class SampleData
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>The first prompt and response pairs.</summary>
    public static string Pairs(int count) => Join(File.ReadLines(Path.Combine(Folder, "ner", "train.jsonl")).Take(count));

    /// <summary>Sentences of plain text.</summary>
    public static string Text(int lines) =>
        Join(Directory.EnumerateFiles(Path.Combine(Folder, "text")).Order(StringComparer.Ordinal).SelectMany(File.ReadLines).Take(lines));

    /// <summary>Short conversations.</summary>
    public static string Chats(int count) => Join(Enumerable.Range(0, count).Select(i =>
        $$"""{"messages":[{"role":"system","content":"Answer with the number."},{"role":"user","content":"{{i % 10}} and {{i / 10 % 10}}"},{"role":"assistant","content":"{{(i % 10) + (i / 10 % 10)}}"}]}"""));

    private static string Join(IEnumerable<string> lines) => string.Join('\n', lines) + '\n';
}
