using FineTune.Cli.Terminals;
using FineTune.Core.Estimates;
using FineTune.Data.Datasets;
using FineTune.Data.Validation;

namespace FineTune.Cli.Datasets;

/// <summary>A validation report on the terminal: the verdict last, where the eye is.</summary>
public static class ValidationText
{
    /// <summary>Problems of one kind that are shown; <c>--json</c> and <c>--html</c> show more.</summary>
    private const int Shown = 20;

    public static void Write(TextWriter writer, ValidationReports reports)
    {
        var problems = reports.Train.Problems.Concat(reports.Eval?.Problems ?? []).ToList();
        foreach (var kind in problems.GroupBy(problem => problem.Code).OrderBy(kind => kind.First().Severity))
        {
            foreach (var problem in kind.Take(Shown))
            {
                WriteProblem(writer, problem);
            }

            var count = Count(reports.Train, kind.Key) + Count(reports.Eval, kind.Key);
            if (count > Math.Min(Shown, kind.Count()))
            {
                writer.WriteLine($"… and {Format.Count(count - Math.Min(Shown, kind.Count()))} more of {kind.Key}; --json lists more.");
            }

            writer.WriteLine($"  → {kind.First().Cure}");
        }

        WriteTokens(writer, reports.Train.Tokens);
        foreach (var advice in reports.Train.Recommendations)
        {
            writer.WriteLine($"{(advice.Met ? "ok  " : "note")} {advice.Text}");
        }

        WriteEstimate(writer, reports.Train.Estimate);
        var errors = reports.Train.Errors + (reports.Eval?.Errors ?? 0);
        var warnings = reports.Train.Warnings + (reports.Eval?.Warnings ?? 0);
        var examples = reports.Train.Examples + (reports.Eval?.Examples ?? 0);
        writer.WriteLine($"{(errors == 0 ? "Ready to train" : "Not ready to train")}: {Format.Count(examples, "example")}, {Format.Count(errors, "error")}, {Format.Count(warnings, "warning")}.");
    }

    private static void WriteProblem(TextWriter writer, DatasetProblem problem)
    {
        var place = problem.Place is { } where ? DisplayText.OneLine(where) + ": " : "";
        var field = problem.Field is { } name && !problem.Message.Contains(name, StringComparison.Ordinal) ? $"{DisplayText.OneLine(name)}: " : "";
        var excerpt = problem.Excerpt is { Length: > 0 } value ? $"  [{DisplayText.OneLine(value)}]" : "";
        writer.WriteLine($"{place}{(problem.Severity == ProblemSeverity.Error ? "error" : "warning")} {problem.Code}: {field}{DisplayText.OneLine(problem.Message)}{excerpt}");
    }

    private static void WriteTokens(TextWriter writer, TokenStatistics? tokens)
    {
        if (tokens is null)
        {
            return;
        }

        var about = tokens.Exact ? "" : "about ";
        var trained = tokens.TrainedPerEpoch is { } count ? $", {Format.Count(count)} of them trained on" : "";
        writer.WriteLine($"{about}{Format.Count(tokens.PerEpoch)} tokens an epoch{trained}; {about}{Format.Count(tokens.Total)} in all epochs.");
        if (tokens.Lengths.Count > 0)
        {
            TextTable.Write(writer, ["TOKENS UP TO", "EXAMPLES"], tokens.Lengths.Select(bucket => new[] { Format.Count(bucket.UpTo), Format.Count(bucket.Examples) }));
        }
    }

    private static void WriteEstimate(TextWriter writer, TrainingEstimate? estimate)
    {
        if (estimate is not { Gpus.Count: > 0 })
        {
            return;
        }

        writer.WriteLine($"{Format.Count(estimate.Steps, "optimizer step")}.");
        TextTable.Write(writer, ["GPU", "PRECISION", "MEMORY", "TIME", "COST"], estimate.Gpus.Select(gpu => new[]
        {
            gpu.Gpu,
            gpu.Precision,
            $"{Format.Count(gpu.MemoryGib)} GiB",
            gpu.Fits ? Format.Duration(gpu.Hours * 3600) : "does not fit",
            gpu.Fits ? $"${Format.Count(gpu.Cost)}" : "",
        }));
    }

    private static long Count(ValidationReport? report, string code) => report?.Counts.GetValueOrDefault(code) ?? 0;
}
