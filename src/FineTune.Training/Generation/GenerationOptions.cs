namespace FineTune.Training.Generation;

/// <param name="MaxNewTokens">Most tokens to generate, a stop token included.</param>
/// <param name="Temperature">Scores are divided by it; 0 always takes the best (greedy).</param>
/// <param name="TopK">Only the k best are candidates; 0 means all.</param>
/// <param name="TopP">Only the best that together reach this probability are candidates; 1 means all.</param>
/// <param name="StopTokenIds">Any of them ends the answer and is not part of it.</param>
public sealed record GenerationOptions(
    int MaxNewTokens = 256,
    double Temperature = 0,
    int TopK = 0,
    double TopP = 1,
    int Seed = 0,
    IReadOnlyList<int>? StopTokenIds = null);

public enum StopReason
{
    /// <summary>A stop token came.</summary>
    Stop,

    /// <summary>The most new tokens or the end of the context was reached.</summary>
    Length,
}

/// <summary>An answer without its prompt.</summary>
public sealed record GenerationResult(IReadOnlyList<int> Tokens, StopReason Reason);
