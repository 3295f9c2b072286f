using FineTune.Training.Models;
using static TorchSharp.torch;

namespace FineTune.Training.Generation;

/// <summary>Decodes with libtorch's operators and a key/value cache: each new token costs one position.</summary>
public sealed class LlamaDecoder : ITokenDecoder
{
    private readonly LlamaModel model;
    private readonly KeyValueCache cache;
    private readonly float[] logits;
    private readonly bool ownsModel;

    /// <summary>Over a model in use elsewhere.</summary>
    public LlamaDecoder(LlamaModel model, int contextLength)
        : this(model, contextLength, ownsModel: false)
    {
    }

    private LlamaDecoder(LlamaModel model, int contextLength, bool ownsModel)
    {
        this.model = model;
        this.ownsModel = ownsModel;
        cache = new KeyValueCache(model.Config, Math.Min(contextLength, model.Config.MaxPositionEmbeddings));
        logits = new float[model.Config.VocabSize];
    }

    public int VocabSize => logits.Length;

    public int ContextLength => cache.Capacity;

    public int Length => cache.Length;

    /// <summary>Loads the model in <paramref name="directory"/>.</summary>
    public static LlamaDecoder Open(string directory, int contextLength)
    {
        using var folder = ModelFolder.Open(directory);
        return new LlamaDecoder(new LlamaModel(folder), contextLength, ownsModel: true);
    }

    public void Clear() => cache.Clear();

    public ReadOnlySpan<float> Read(scoped ReadOnlySpan<int> tokens)
    {
        DecoderFaults.Check(tokens, this);
        using var withoutGradients = no_grad();

        // Causal attention needs as many queries as keys, so only the first piece is read at once.
        for (var read = 0; read < tokens.Length;)
        {
            var piece = cache.Length == 0 ? tokens.Length : 1;
            using var scope = NewDisposeScope();
            var hidden = model.Hidden(tensor(tokens.Slice(read, piece).ToArray(), [1, piece]), cache);
            read += piece;
            if (read == tokens.Length)
            {
                TensorMemory.Source(model.Logits(hidden.narrow(1, piece - 1, 1)))(0, logits);
            }
        }

        return logits;
    }

    public void Dispose()
    {
        cache.Dispose();
        if (ownsModel)
        {
            model.Dispose();
        }
    }
}
