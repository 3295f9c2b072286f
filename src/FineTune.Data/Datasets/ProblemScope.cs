using System.Text;

namespace FineTune.Data.Datasets;

/// <summary>Reports what is wrong with one record; with a null line, with the whole file.</summary>
/// <param name="record">What the record is called.</param>
internal sealed class ProblemScope(string? file, long? line, Action<DatasetProblem> report, string record = DatasetProblem.DefaultRecord)
{
    private const int ExcerptLength = 80;

    public bool HasErrors { get; private set; }

    /// <summary>For messages: line, element, row.</summary>
    public string Record => record;

    public void Error(string code, string? field, string message, string? value = null)
    {
        HasErrors = true;
        Report(ProblemSeverity.Error, code, field, message, value);
    }

    public void Warning(string code, string? field, string message, string? value = null) =>
        Report(ProblemSeverity.Warning, code, field, message, value);

    /// <summary>The beginning of <paramref name="utf8"/>, enough for an excerpt.</summary>
    public static string ExcerptOf(ReadOnlySpan<byte> utf8) =>
        Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 4 * ExcerptLength)]);

    private void Report(ProblemSeverity severity, string code, string? field, string message, string? value) =>
        report(new DatasetProblem(severity, code, file, line, field, message, Excerpt(value)) { Record = record });

    /// <summary>The beginning of <paramref name="value"/> as messages quote it.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(value))]
    public static string? Excerpt(string? value)
    {
        if (value is null || value.Length <= ExcerptLength)
        {
            return value;
        }

        var length = char.IsHighSurrogate(value[ExcerptLength - 1]) ? ExcerptLength - 1 : ExcerptLength;
        return value[..length] + "…";
    }
}
