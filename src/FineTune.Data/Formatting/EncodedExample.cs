using FineTune.Core.Training;

namespace FineTune.Data.Formatting;

/// <summary>An example as tokens, or why it can't be trained on.</summary>
/// <param name="Sequence">Null when the example is dropped.</param>
/// <param name="Truncated">Whether it was longer than the context.</param>
/// <param name="DropReason">One of <see cref="DropReasons"/>; null when it is kept.</param>
public sealed record EncodedExample(TokenSequence? Sequence, bool Truncated, string? DropReason)
{
    /// <summary>Tokens of the whole example, before truncation.</summary>
    public int Length { get; init; }

    /// <summary>Of a dropped example, what is wrong in words, where the reason alone doesn't say.</summary>
    public string? Detail { get; init; }
}

/// <summary>Why examples that are valid are not trained on. Invalid ones are counted by their problem code.</summary>
public static class DropReasons
{
    /// <summary>The prompt alone fills the context, so that nothing of the response is left.</summary>
    public const string NothingTrained = "no_trained_token_in_context";

    /// <summary>The model's chat template raised an exception or left a part of the conversation out.</summary>
    public const string RefusedByTemplate = Datasets.ProblemCodes.RefusedByChatTemplate;
}
