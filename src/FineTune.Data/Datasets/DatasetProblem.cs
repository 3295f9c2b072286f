using System.Globalization;
using System.Text.Json.Serialization;

namespace FineTune.Data.Datasets;

public enum ProblemSeverity
{
    /// <summary>Trained on, but probably not as meant, or refused by other services.</summary>
    Warning,

    /// <summary>Can't be trained on.</summary>
    Error,
}

/// <summary>Something wrong with a data set.</summary>
/// <param name="Code">One of <see cref="ProblemCodes"/>.</param>
/// <param name="File">Name of the source; null when it concerns the whole data set.</param>
/// <param name="Line">One-based, counted as <see cref="Record"/> says; null when it concerns the whole file.</param>
/// <param name="Field">Path in the record, e.g. <c>messages[2].role</c>.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="Excerpt">The beginning of the offending value.</param>
public sealed record DatasetProblem(
    ProblemSeverity Severity, string Code, string? File, long? Line, string? Field, string Message, string? Excerpt)
{
    public const string DefaultRecord = "line";

    /// <summary>What <see cref="Line"/> counts: line, or element of a JSON array, or row of a table.</summary>
    public string Record { get; init; } = DefaultRecord;

    /// <summary>What is counted where it isn't lines; null of lines.</summary>
    internal static string? OtherThanLine(string record) => record == DefaultRecord ? null : record;

    /// <summary>For readers: <c>a.jsonl:4</c>, <c>a.json, element 4</c>, <c>a.csv</c>; null when it concerns the whole data set.</summary>
    [JsonIgnore]
    public string? Place => File is null || Line is null ? File
        : Record == DefaultRecord ? string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}")
        : string.Create(CultureInfo.InvariantCulture, $"{File}, {Record} {Line}");

    /// <summary>How to mend it.</summary>
    public string Cure { get; init; } = ProblemKinds.Find(Code)?.Cure ?? "";

    /// <summary>Of a warning, the services that refuse such data.</summary>
    public string? RefusedBy { get; init; } = ProblemKinds.Find(Code)?.RefusedBy;
}
