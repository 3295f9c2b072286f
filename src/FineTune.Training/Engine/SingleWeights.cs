using FineTune.Training.Models;
using FineTune.Training.Native;
using FineTune.Training.Safetensors;
using static TorchSharp.torch;

namespace FineTune.Training.Engine;

/// <summary>Memory of a model's weights in single precision; libtorch sees the same memory as <see cref="Model"/>.</summary>
internal sealed unsafe class SingleWeights : IModelWeights
{
    private readonly Tensor memory;

    public SingleWeights(ModelFolder folder, WeightLayout layout)
    {
        memory = zeros(layout.Count, float32).DetachFromDisposeScope();
        Model = new LlamaModel(folder, shape => memory.narrow(0, layout[shape.Name], shape.Count).view([.. shape.Shape]));
        Block = new WeightBlock(Aten.Data(memory));
    }

    public LlamaModel Model { get; }

    public WeightBlock Block { get; }

    public long Bytes => memory.numel() * sizeof(float);

    public IReadOnlyList<TensorToWrite> ToWrite() => Model.ToWrite();

    public void Dispose()
    {
        Model.Dispose();
        memory.Dispose();
    }
}
