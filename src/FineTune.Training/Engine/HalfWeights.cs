using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu.Updates;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>Memory of a model's weights whose matrices are bfloat16, 2 bytes a weight. Vectors, a thousandth of a model, stay exact.</summary>
internal sealed unsafe class HalfWeights : IModelWeights
{
    private readonly WeightLayout layout;
    private readonly NativeBuffer<ushort> matrices;
    private readonly NativeBuffer<float> vectors;

    /// <summary>Loads the weights of <paramref name="folder"/>; matrices are rounded to nearest, those that are bfloat16 already not at all.</summary>
    public HalfWeights(ModelFolder folder, WeightLayout layout)
    {
        this.layout = layout;
        matrices = new NativeBuffer<ushort>(layout.MatrixCount);
        vectors = new NativeBuffer<float>(layout.Count - layout.MatrixCount);
        Block = new WeightBlock(layout, matrices.Data, vectors.Data);
        foreach (var shape in layout.Shapes)
        {
            Load(shape, (first, destination) => folder.Weights.Read(shape.Name, first, destination));
        }
    }

    public WeightBlock Block { get; }

    public long Bytes => matrices.ByteCount + vectors.ByteCount;

    /// <summary>The weights as they are when read, exactly: BF16 matrices, F32 vectors.</summary>
    public IReadOnlyList<TensorToWrite> ToWrite() => [.. layout.Shapes.Select(shape => shape.IsMatrix
        ? new TensorToWrite(shape.Name, shape.Shape, HalfMemory.Source(matrices.Data + layout[shape.Name]), TensorType.BF16)
        : new TensorToWrite(shape.Name, shape.Shape, TensorMemory.Source(Vector(shape)), TensorType.F32))];

    public void Dispose()
    {
        matrices.Dispose();
        vectors.Dispose();
    }

    private void Load(WeightShape shape, TensorSource source)
    {
        if (shape.IsMatrix)
        {
            HalfMemory.Fill(matrices.Data + layout[shape.Name], shape.Count, source);
        }
        else
        {
            TensorMemory.Fill(Vector(shape), shape.Count, source);
        }
    }

    private float* Vector(WeightShape shape) => vectors.Data + layout[shape.Name] - layout.MatrixCount;
}

/// <summary>Memory of bfloat16 values as tensors to read and write.</summary>
internal static unsafe class HalfMemory
{
    public static TensorSource Source(ushort* data) => (first, destination) =>
    {
        fixed (float* values = destination)
        {
            BFloatStore.Expand(data + first, values, destination.Length);
        }
    };

    /// <summary>Rounds to nearest.</summary>
    public static void Fill(ushort* data, long count, TensorSource source) =>
        TensorMemory.Read(count, source, (first, values) =>
        {
            for (var i = 0; i < values.Length; i++)
            {
                data[first + i] = BFloat.FromSingle(values[i]);
            }
        });
}
