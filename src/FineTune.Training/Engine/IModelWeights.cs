using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>Owner of the memory of a model's weights in training.</summary>
internal interface IModelWeights : IDisposable
{
    WeightBlock Block { get; }

    /// <summary>Of native memory.</summary>
    long Bytes { get; }

    /// <summary>The weights as they are when read, exactly.</summary>
    IReadOnlyList<TensorToWrite> ToWrite();
}
