using System.Text;

namespace FineTune.Data.Datasets;

/// <summary>Reports what is wrong with one line.</summary>
internal sealed class ProblemScope(string file, long? line, Action<DatasetProblem> report)
{
    private const int ExcerptLength = 80;

    public string File { get; } = file;

    public long Line { get; } = line ?? 1;

    public bool HasErrors { get; private set; }

    public void Error(string code, string? field, string message, string? value = null)
    {
        HasErrors = true;
        report(new DatasetProblem(ProblemSeverity.Error, code, File, line, field, message, Excerpt(value)));
    }

    public void Warning(string code, string? field, string message, string? value = null) =>
        report(new DatasetProblem(ProblemSeverity.Warning, code, File, line, field, message, Excerpt(value)));

    public static string ExcerptOf(ReadOnlySpan<byte> utf8) =>
        Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 4 * ExcerptLength)]);

    private static string? Excerpt(string? value)
    {
        if (value is null || value.Length <= ExcerptLength)
        {
            return value;
        }

        var length = char.IsHighSurrogate(value[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength;
        return value[..length] + "…";
    }
}
