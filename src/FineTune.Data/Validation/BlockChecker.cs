using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;

namespace FineTune.Data.Validation;

/// <summary>What was found in a part of a data set.</summary>
internal sealed class BlockFindings(int detailsPerCode)
{
    public ProblemList Problems { get; } = new(detailsPerCode);

    public TokenTotals Tokens { get; } = new();

    /// <summary>Hash and line of every example.</summary>
    public List<(ulong Hash, long Line)> Examples { get; } = [];
}

/// <summary>Checks blocks of lines; safe for concurrent use.</summary>
internal sealed class BlockChecker(TaskType taskType, ValidationOptions options)
{
    public BlockFindings Check(LineBlock block, string file)
    {
        var findings = new BlockFindings(options.DetailsPerCode);
        var lines = new LineParser(taskType, options.Reading, file);
        using var meter = options.Encoder is { } encoder ? new ExampleMeter(encoder) : null;
        using (block)
        {
            foreach (var (line, example) in lines.Parse(block, findings.Problems.Add))
            {
                findings.Examples.Add((example.ContentHash(), line));
                if (meter is not null)
                {
                    Count(meter.Measure(example), findings.Tokens, new ProblemScope(file, line, findings.Problems.Add));
                }
            }
        }

        return findings;
    }

    private void Count(ExampleLength length, TokenTotals totals, ProblemScope problems)
    {
        totals.Add(length.Length, length.Kept, length.Trained);
        if (length.Refusal is { } refusal)
        {
            problems.Warning(ProblemCodes.RefusedByChatTemplate, "messages", refusal);
        }
        else if (length.Kept == 0)
        {
            problems.Warning(
                ProblemCodes.NoTrainedTokenInContext,
                null,
                $"The example has {length.Length:N0} tokens, and none of the first {options.Encoder!.ContextLength:N0} is trained on.");
        }
        else if (length.Kept < length.Length)
        {
            problems.Warning(
                ProblemCodes.TruncatedExample,
                null,
                $"The example has {length.Length:N0} tokens; what follows the first {options.Encoder!.ContextLength:N0} is left out.");
        }
    }
}
