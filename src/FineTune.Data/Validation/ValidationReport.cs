using FineTune.Core.Estimates;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>Everything that is to be said of a data set before it is trained on.</summary>
/// <param name="Examples">Trainable examples; documents for continued pre-training.</param>
/// <param name="Bytes">Size of all files.</param>
/// <param name="Counts">How often each code of <see cref="ProblemCodes"/> occurred.</param>
/// <param name="Problems">Details in the order found, for each code the first ones up to the validator's limit.</param>
public sealed record ValidationReport(
    TaskType TaskType,
    int Files,
    long Examples,
    long Bytes,
    long Errors,
    long Warnings,
    IReadOnlyDictionary<string, long> Counts,
    IReadOnlyList<DatasetProblem> Problems)
{
    public const string Phase = "validate_data";

    public bool IsValid => Errors == 0;

    /// <summary>Null when nothing could be counted.</summary>
    public TokenStatistics? Tokens { get; init; }

    /// <summary>What the origin service recommends, and whether the data meets it.</summary>
    public IReadOnlyList<Recommendation> Recommendations { get; init; } = [];

    /// <summary>Null of evaluation data.</summary>
    public TrainingEstimate? Estimate { get; init; }

    /// <summary>The refusal of a run with this data, or null when it is valid: the first error and how many more there are.</summary>
    public Fault? ToFault()
    {
        var first = Problems.FirstOrDefault(problem => problem.Severity == ProblemSeverity.Error);
        if (first is null)
        {
            return null;
        }

        var place = first.File is null ? "" : first.Line is null ? $"{first.File}: " : $"{first.File}, {first.Record} {first.Line}: ";
        var more = Errors > 1 ? $" {Errors - 1:N0} more errors are in the validation report." : "";
        return new Fault(
            Phase, FaultAttribution.Caller, first.Code, $"{place}{first.Message} {first.Cure}{more}", first.File, first.Line, first.Field)
        {
            Record = DatasetProblem.OtherThanLine(first.Record),
        };
    }
}

/// <summary>The reports on a run's data; what <c>validation.json</c> of a run holds.</summary>
/// <param name="Eval">Null when a part of the training data is held out.</param>
/// <param name="Model">What the run starts from; null when the data alone was checked.</param>
/// <param name="ContextLength">In tokens.</param>
public sealed record ValidationReports(ValidationReport Train, ValidationReport? Eval, string? Model = null, int? ContextLength = null)
{
    public bool IsValid => Train.IsValid && Eval is null or { IsValid: true };

    public Fault? ToFault() => Train.ToFault() ?? Eval?.ToFault();
}

/// <summary>Tokens of a data set as they will be trained on.</summary>
/// <param name="Exact">Counted by the model's tokenizer; otherwise estimated at four bytes a token.</param>
/// <param name="PerEpoch">Of what fits the context.</param>
/// <param name="TrainedPerEpoch">Those that carry loss; null when not counted.</param>
/// <param name="Total">Of all epochs.</param>
/// <param name="LongestExample">In tokens, before truncation.</param>
/// <param name="Truncated">Examples that lose their end, and <paramref name="TruncatedTokens"/> what they lose.</param>
/// <param name="Dropped">Examples of which nothing is trained on.</param>
/// <param name="Lengths">Examples by their whole length; empty when not counted.</param>
public sealed record TokenStatistics(
    bool Exact,
    long PerEpoch,
    long? TrainedPerEpoch,
    long Total,
    long LongestExample,
    long Truncated,
    long TruncatedTokens,
    long Dropped,
    IReadOnlyList<LengthBucket> Lengths);

/// <param name="UpTo">Most tokens of an example counted here; more than half as many in all buckets but the first.</param>
public sealed record LengthBucket(long UpTo, long Examples);

/// <param name="Met">Whether the data follows it.</param>
/// <param name="Text">What is recommended and what the data has.</param>
public sealed record Recommendation(string Code, bool Met, string Text);
