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
}

/// <summary>Examples not trained on for one reason.</summary>
/// <param name="Reason">One of <see cref="Formatting.DropReasons"/> or of <see cref="Datasets.ProblemCodes"/>.</param>
/// <param name="FirstLines">The first of them.</param>
public sealed record DroppedExamples(string Reason, long Count, IReadOnlyList<ExampleLine> FirstLines);

/// <summary>Where an example stands; lines count from 1.</summary>
public sealed record ExampleLine(string File, long Line);
