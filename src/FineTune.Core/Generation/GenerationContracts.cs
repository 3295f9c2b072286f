using FineTune.Core.Artifacts;

namespace FineTune.Core.Generation;

/// <summary>A message of a conversation.</summary>
public sealed record ChatMessage(string Role, string Content);

/// <summary>How tokens are chosen.</summary>
/// <param name="MaxTokens">Most new tokens.</param>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="TopK">0 keeps all.</param>
/// <param name="TopP">1 keeps all.</param>
/// <param name="Seed">Same seed, same text.</param>
public sealed record SamplingOptions(int MaxTokens = 128, double Temperature = 0, int TopK = 0, double TopP = 1, int Seed = 0)
{
    /// <summary>The origin product's sampling for eval prompts.</summary>
    public static SamplingOptions EvalPrompts { get; } = new(100, 1, 50, 0.95);

    /// <summary>Without chance, of the same length.</summary>
    public static SamplingOptions Greedy { get; } = new(EvalPrompts.MaxTokens);
}

/// <summary>Work for a generation server. Exactly one of <paramref name="Prompts"/> and <paramref name="Messages"/> is given.</summary>
public sealed record GenerateJob(
    ArtifactRef Model, IReadOnlyList<string>? Prompts, IReadOnlyList<ChatMessage>? Messages, SamplingOptions Sampling);

/// <param name="FinishReason"><c>stop</c> or <c>length</c>.</param>
public sealed record Completion(string Text, int Tokens, string FinishReason);

/// <summary>Answers in the order of the prompts.</summary>
public sealed record GenerateResult(IReadOnlyList<Completion> Completions);

/// <summary>The port to a generation server.</summary>
public interface ITextGeneration
{
    Task<GenerateResult> GenerateAsync(GenerateJob job, CancellationToken cancellationToken = default);
}
