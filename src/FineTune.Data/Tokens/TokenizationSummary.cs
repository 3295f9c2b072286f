using System.Text.Json.Serialization;
using FineTune.Core.Faults;

namespace FineTune.Data.Tokens;

/// <summary>What became of a data set. Nothing is left out silently: examples = sequences + dropped, except for packed documents.</summary>
/// <param name="Examples">Read, dropped ones included; documents for continued pre-training.</param>
/// <param name="TrainedTokens">Tokens that carry loss.</param>
/// <param name="Truncated">Examples that lost their end to the context length.</param>
/// <param name="LongestSequence">In tokens.</param>
/// <param name="Dropped">By reason.</param>
public sealed record TokenizationSummary(
    long Examples,
    long Sequences,
    long Tokens,
    long TrainedTokens,
    long Truncated,
    int LongestSequence,
    IReadOnlyList<DroppedExamples> Dropped)
{
    public long DroppedCount => Dropped.Sum(dropped => dropped.Count);

    /// <summary>The sum of blocks of one data set, in order.</summary>
    public static TokenizationSummary Combine(IReadOnlyList<TokenizationSummary> blocks, TokenizationOptions? options = null)
    {
        var lines = (options ?? TokenizationOptions.Default).LinesPerReason;
        var dropped = blocks.SelectMany(block => block.Dropped)
            .GroupBy(drop => drop.Reason)
            .OrderBy(reason => reason.Key, StringComparer.Ordinal)
            .Select(reason => new DroppedExamples(
                reason.Key, reason.Sum(drop => drop.Count), [.. reason.SelectMany(drop => drop.FirstLines).Take(lines)]));
        return new TokenizationSummary(
            blocks.Sum(block => block.Examples),
            blocks.Sum(block => block.Sequences),
            blocks.Sum(block => block.Tokens),
            blocks.Sum(block => block.TrainedTokens),
            blocks.Sum(block => block.Truncated),
            blocks.Select(block => block.LongestSequence).DefaultIfEmpty().Max(),
            [.. dropped]);
    }

    /// <exception cref="FaultException">More was dropped than allowed, or nothing is left to train on.</exception>
    public void Check(TokenizationOptions? options = null)
    {
        var share = (options ?? TokenizationOptions.Default).MaximumDroppedShare;
        if (DroppedCount > Examples * share)
        {
            var main = Dropped.MaxBy(reason => reason.Count)!;
            var lines = string.Join(", ", main.FirstLines.Take(5).Select(line => $"{line.File}:{line.Line}"));
            throw new FaultException(new Fault(
                Tokenization.Phase,
                FaultAttribution.Caller,
                "too_many_examples_dropped",
                $"{DroppedCount:N0} of {Examples:N0} examples can't be trained on, more than {share:P0}; {main.Count:N0} of them " +
                $"because of {main.Reason} (first: {lines}). Mend or remove them, or raise context_length if responses don't fit.",
                main.FirstLines[0].File,
                main.FirstLines[0].Line)
            {
                Record = main.FirstLines[0].Record,
            });
        }

        if (Sequences == 0)
        {
            throw new FaultException(Fault.Caller(
                Tokenization.Phase,
                "no_training_examples",
                "The data set has nothing to train on; validate it to see why.",
                "train_data_path"));
        }
    }
}

/// <summary>Examples not trained on for one reason.</summary>
/// <param name="Reason">One of <see cref="Formatting.DropReasons"/> or of <see cref="Datasets.ProblemCodes"/>.</param>
/// <param name="FirstLines">The first of them.</param>
public sealed record DroppedExamples(string Reason, long Count, IReadOnlyList<ExampleLine> FirstLines);

/// <summary>Where an example stands; lines count from 1.</summary>
public sealed record ExampleLine(string File, long Line)
{
    /// <summary>Null of a line; otherwise what is counted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Record { get; init; }
}
