using FineTune.Training.Engine;

namespace FineTune.Training.Generation;

/// <summary>Chooses the decoder for this machine.</summary>
public static class TokenDecoders
{
    /// <summary>Loads the model in <paramref name="directory"/>, a Hugging Face folder, into the fastest decoder that runs here.</summary>
    /// <param name="contextLength">In tokens; the model's maximum is the limit.</param>
    public static ITokenDecoder Open(string directory, int contextLength) => CpuEngine.IsSupported
        ? CpuDecoder.Open(directory, contextLength)
        : LlamaDecoder.Open(directory, contextLength);
}
