using FineTune.Core.Faults;

namespace FineTune.Training.Generation;

/// <summary>What every decoder refuses.</summary>
internal static class DecoderFaults
{
    /// <summary>Checks tokens that <paramref name="decoder"/> is to read next.</summary>
    /// <exception cref="FaultException"><c>context_length_exceeded</c> or <c>token_out_of_range</c>.</exception>
    public static void Check(ReadOnlySpan<int> tokens, ITokenDecoder decoder)
    {
        ArgumentOutOfRangeException.ThrowIfZero(tokens.Length);
        if (decoder.Length + tokens.Length > decoder.ContextLength)
        {
            throw new FaultException(Fault.Caller(
                "generate",
                "context_length_exceeded",
                $"{decoder.Length + tokens.Length} tokens do not fit into the context of {decoder.ContextLength}. " +
                "Shorten the prompt or ask for fewer tokens."));
        }

        foreach (var token in tokens)
        {
            if (token < 0 || token >= decoder.VocabSize)
            {
                throw new FaultException(Fault.Caller(
                    "generate", "token_out_of_range", $"Token id {token} is outside the model's vocabulary of {decoder.VocabSize}."));
            }
        }
    }
}
