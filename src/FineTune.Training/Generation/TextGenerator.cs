using FineTune.Core.Faults;

namespace FineTune.Training.Generation;

/// <summary>Continues prompts of token ids.</summary>
public sealed class TextGenerator(ITokenDecoder decoder)
{
    /// <summary>Continues <paramref name="prompt"/> until a stop token, <see cref="GenerationOptions.MaxNewTokens"/> or the context ends.</summary>
    /// <param name="onToken">Called with each token of the answer as it is chosen.</param>
    /// <exception cref="FaultException"><c>context_length_exceeded</c>: the prompt leaves no room for one token.</exception>
    public GenerationResult Generate(
        IReadOnlyList<int> prompt, GenerationOptions options, Action<int>? onToken = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompt.Count);
        if (prompt.Count >= decoder.ContextLength)
        {
            throw new FaultException(Fault.Caller(
                "generate",
                "context_length_exceeded",
                $"The prompt has {prompt.Count} tokens and the context holds {decoder.ContextLength}, so none can follow. Shorten the prompt."));
        }

        var sampler = new TokenSampler(options);
        var stops = options.StopTokenIds ?? [];
        List<int> answer = [];
        decoder.Clear();
        var logits = decoder.Read([.. prompt]);
        while (answer.Count < options.MaxNewTokens && prompt.Count + answer.Count < decoder.ContextLength)
        {
            cancellation.ThrowIfCancellationRequested();
            var token = sampler.Choose(logits);
            if (stops.Contains(token))
            {
                return new GenerationResult(answer, StopReason.Stop);
            }

            answer.Add(token);
            onToken?.Invoke(token);
            if (answer.Count < options.MaxNewTokens && prompt.Count + answer.Count < decoder.ContextLength)
            {
                logits = decoder.Read([token]);
            }
        }

        return new GenerationResult(answer, StopReason.Length);
    }
}
