using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Generation;

/// <summary>
/// Keys and values of one sequence, for each layer [key heads · capacity, d]. The memory is asked for whole and taken from the system only
/// where it is written, so a long context costs what is used of it.
/// </summary>
internal sealed unsafe class DecoderCache : IDisposable
{
    private readonly NativeBuffer<float> memory = new();
    private readonly AttentionShape shape;
    private readonly float* data;

    public DecoderCache(LlamaConfig config, int capacity)
    {
        shape = new AttentionShape(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);
        Capacity = capacity;
        data = memory.Reserve(2L * config.Layers * LayerValues);
    }

    /// <summary>In positions.</summary>
    public int Capacity { get; }

    public int Length { get; set; }

    private long LayerValues => (long)shape.KeyValueHeads * Capacity * shape.HeadDimension;

    public Matrix Keys(int layer) => Of(2L * layer);

    public Matrix Values(int layer) => Of((2L * layer) + 1);

    /// <summary>Stores keys and values of packed rows behind the others; <see cref="Length"/> stays until every layer has them.</summary>
    public void Append(int layer, Matrix packed)
    {
        for (var group = 0; group < shape.KeyValueHeads; group++)
        {
            Append(layer, group, packed);
        }
    }

    /// <summary>Stores those of one key head.</summary>
    public void Append(int layer, int group, Matrix packed)
    {
        Copy(shape.Key(packed, group), Keys(layer).Slice((group * Capacity) + Length, packed.Rows));
        Copy(shape.Value(packed, group), Values(layer).Slice((group * Capacity) + Length, packed.Rows));
    }

    public void Dispose() => memory.Dispose();

    private Matrix Of(long block) => new(data + (block * LayerValues), shape.KeyValueHeads * Capacity, shape.HeadDimension);

    private static void Copy(Matrix source, Matrix destination)
    {
        for (var row = 0; row < source.Rows; row++)
        {
            new ReadOnlySpan<float>(source.Row(row), source.Columns).CopyTo(new Span<float>(destination.Row(row), source.Columns));
        }
    }
}
