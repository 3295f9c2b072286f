namespace FineTune.Cli.Terminals;

/// <summary>Columns of text under headers.</summary>
public static class TextTable
{
    private const string Gap = "  ";

    public static void Write(TextWriter writer, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.Select(row => row.Select(DisplayText.OneLine).ToList()).Prepend([.. headers]).ToList();
        var widths = headers.Select((_, column) => lines.Max(line => DisplayText.Width(line[column]))).ToList();
        foreach (var line in lines)
        {
            writer.WriteLine(string.Join(Gap, line.Select((cell, column) => DisplayText.Pad(cell, widths[column]))).TrimEnd());
        }
    }
}
