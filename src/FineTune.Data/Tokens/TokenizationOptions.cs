using FineTune.Data.Datasets;

namespace FineTune.Data.Tokens;

public sealed record TokenizationOptions
{
    public static TokenizationOptions Default { get; } = new();

    public DatasetOptions Reading { get; init; } = DatasetOptions.Default;

    /// <summary>Share of examples that may be dropped; more is an error, because the model would not learn what was meant.</summary>
    public double MaximumDroppedShare { get; init; } = 0.1;

    /// <summary>Dropped lines that are named, for each reason; all are counted.</summary>
    public int LinesPerReason { get; init; } = 20;

    public long ShardTokens { get; init; } = TokenShardWriter.DefaultShardTokens;
}
