namespace FineTune.Samples;

/// <summary>The word lists and the grammar, embedded so that the generator needs nothing beside itself.</summary>
internal static class Lists
{
    private static readonly char[] Blanks = [' ', '\n', '\r'];

    public static string Text(string name)
    {
        using var stream = typeof(Lists).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    public static string[] Words(string name) => Split(Text(name), Blanks);

    public static string[] Lines(string name) => Split(Text(name), ['\n', '\r']);

    /// <summary>The words of all lines that start with <c>label:</c>.</summary>
    public static string[] Words(string name, string label) =>
        [.. Lines(name).Where(line => line.StartsWith(label + ':', StringComparison.Ordinal)).SelectMany(line => Split(line, Blanks)[1..])];

    private static string[] Split(string text, char[] separators) => text.Split(separators, StringSplitOptions.RemoveEmptyEntries);
}
