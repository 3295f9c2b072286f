using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>
/// What a forward pass leaves for the backward one, and scratch. One block of memory, allocated for the largest batch seen and cut anew
/// for each. T rows are packed positions, R those with a label: behind its attention the last layer works on the latter only.
/// </summary>
/// <param name="checkpointing">Layers share everything but their input.</param>
/// <param name="deviceMemory">Of the kernels' device; null is the host.</param>
/// <param name="stage">What of the model is on it; all of it unless given.</param>
internal sealed unsafe class Activations(LlamaConfig config, bool checkpointing = false, IDeviceMemory? deviceMemory = null, LlamaStage? stage = null) : IDisposable
{
    /// <summary>
    /// Logits are made in chunks of at most this many values (16 MB), or as many as the head has weights: whole where that takes less
    /// memory than adding up the head's gradient would.
    /// </summary>
    private const int LogitValues = 1 << 22;

    private const int Alignment = 16;

    private readonly NativeBuffer<float> memory = new(deviceMemory);
    private readonly NativeBuffer<float> losses = new();
    private readonly NativeBuffer<int> hits = new();
    private readonly AttentionShape shape = new(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);

    private readonly bool hasHead = stage?.HasHead ?? true;

    // Carve runs twice: without memory to measure, then with it.
    private float* next;
    private long used;

    /// <summary>Layers have to be computed again before their gradient, unless they were the last computed.</summary>
    public bool AreShared => checkpointing;

    public Layer[] Layers { get; } = new Layer[stage?.Layers ?? config.Layers];

    /// <summary>Input of the final norm [R, D], or of the next stage [T, D].</summary>
    public Matrix Final { get; private set; }

    /// <summary>Its output, the head's input.</summary>
    public Matrix FinalNormed { get; private set; }

    /// <summary>Output of a norm [T, D].</summary>
    public Matrix Normed { get; private set; }

    /// <summary>Scales of the norm's rows [T].</summary>
    public float* Scales { get; private set; }

    /// <summary>Of the feed-forward layer, or its gradient [T, F].</summary>
    public Matrix Inner { get; private set; }

    /// <summary>The last layer's attention output where there are labels, and its gradient [R, heads · d].</summary>
    public Matrix LabelledMixed { get; private set; }

    public Matrix DLabelledMixed { get; private set; }

    public Matrix DMixed { get; private set; }

    public Matrix DPacked { get; private set; }

    public Matrix DNormed { get; private set; }

    /// <summary>Gradient of the residual stream [T, D] and, behind the last attention, [R, D].</summary>
    public Matrix DStream { get; private set; }

    public Matrix DLabelledStream { get; private set; }

    /// <summary>[chunk, V].</summary>
    public Matrix Logits { get; private set; }

    /// <summary>By label [R], on the host.</summary>
    public float* Losses => losses.Data;

    /// <summary>By label [R], on the host.</summary>
    public int* Hits => hits.Data;

    public long Bytes => memory.ByteCount + hits.ByteCount;

    /// <summary>Cuts the buffers for a batch.</summary>
    public void Reserve(PackedBatch batch)
    {
        next = null;
        used = 0;
        Carve(batch.Count, batch.LabelCount);
        next = memory.Reserve(used);
        Carve(batch.Count, batch.LabelCount);
        losses.Reserve(batch.LabelCount);
        hits.Reserve(batch.LabelCount);
    }

    public void Dispose()
    {
        memory.Dispose();
        losses.Dispose();
        hits.Dispose();
    }

    private void Carve(int rows, int labels)
    {
        var (hidden, inner) = (config.HiddenSize, config.IntermediateSize);
        var scored = hasHead ? labels : 0;
        for (var i = 0; i < Layers.Length; i++)
        {
            var behind = hasHead && i == Layers.Length - 1 ? labels : rows;
            var input = Take(rows, hidden);
            Layers[i] = i > 0 && checkpointing
                ? Layers[0] with { Input = input, Middle = Layers[0].Middle.Slice(0, behind), GateUp = Layers[0].GateUp.Slice(0, behind) }
                : new Layer(
                    input, Take(rows, shape.PackedWidth), Take(rows, shape.QueryWidth), Take(rows, config.AttentionHeads),
                    Take(behind, hidden), Take(behind, 2 * inner));
        }

        Final = Take(hasHead ? labels : rows, hidden);
        FinalNormed = Take(scored, hidden);
        Normed = Take(rows, hidden);
        Scales = Take(rows, 1).Data;
        Inner = Take(rows, inner);
        LabelledMixed = Take(scored, shape.QueryWidth);
        DLabelledMixed = Take(scored, shape.QueryWidth);
        DMixed = Take(rows, shape.QueryWidth);
        DPacked = Take(rows, shape.PackedWidth);
        DNormed = Take(rows, hidden);
        DStream = Take(rows, hidden);
        DLabelledStream = Take(scored, hidden);
        Logits = Take(Math.Min(scored, Math.Max(hidden, LogitValues / config.VocabSize)), config.VocabSize);
    }

    private Matrix Take(int rows, int columns)
    {
        var matrix = new Matrix(next, rows, columns);
        var count = ((long)rows * columns + Alignment - 1) / Alignment * Alignment;
        next = next is null ? null : next + count;
        used += count;
        return matrix;
    }

    /// <summary>Of one layer; what follows the attention has R rows in the last layer.</summary>
    /// <param name="Input">Of the residual stream [T, D].</param>
    /// <param name="Packed">Turned queries and keys, and values [T, (heads + 2 · key heads) · d].</param>
    /// <param name="Mixed">Attention's output [T, heads · d].</param>
    /// <param name="LogSums">[T, heads].</param>
    /// <param name="Middle">The residual stream between attention and feed-forward layer.</param>
    /// <param name="GateUp">Then their gradient.</param>
    internal readonly record struct Layer(Matrix Input, Matrix Packed, Matrix Mixed, Matrix LogSums, Matrix Middle, Matrix GateUp);
}
