using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>Everything that is wrong with a data set.</summary>
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

    /// <summary>The refusal of a run with this data, or null when it is valid: the first error and how many more there are.</summary>
    public Fault? ToFault()
    {
        var first = Problems.FirstOrDefault(problem => problem.Severity == ProblemSeverity.Error);
        if (first is null)
        {
            return null;
        }

        var place = first.File is null ? "" : first.Line is null ? $"{first.File}: " : $"{first.File}, line {first.Line}: ";
        var more = Errors > 1 ? $" {Errors - 1:N0} more errors are in the validation report." : "";
        return new Fault(
            Phase, FaultAttribution.Caller, first.Code, $"{place}{first.Message}{more}", first.File, first.Line, first.Field);
    }
}
