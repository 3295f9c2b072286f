using FineTune.Core.Models;
using FineTune.Core.Runs;

namespace FineTune.Core.Estimates;

/// <summary>Memory of training at its peak in bytes, by what it is for.</summary>
/// <param name="Process">Before any of the model's.</param>
/// <param name="Moments">Of the optimizer.</param>
/// <param name="Gradients">Kept until the end of a step; where the optimizer runs in the backward pass, none are.</param>
/// <param name="Activations">Left by the forward pass for the backward one.</param>
/// <param name="Scratch">Gradients within the pass, and the kernels' own.</param>
public sealed record TrainingMemory(long Process, long Weights, long Moments, long Gradients, long Activations, long Scratch)
{
    /// <summary>Up to this many weights each thread takes some of the sequences through the whole model, with gradients of its own.</summary>
    public const long ShardedWeights = 8_000_000;

    /// <summary>Logits are made in chunks of at most this many values, or as many as the head has weights.</summary>
    public const int LogitValues = 1 << 22;

    /// <summary>Values with a common scale where moments have 8 bits; updates begin at a multiple of it.</summary>
    public const int ScaleBlock = 256;

    /// <summary>
    /// Values of a gradient that is made and applied at once: 8 MB stay in the last cache. Of wide matrices it is as many rows as products need
    /// to run at full speed.
    /// </summary>
    private const int TileValues = 1 << 21;

    private const int FewestTileRows = 512;

    /// <summary>Values of a bfloat16 matrix that are widened at once.</summary>
    private const int PanelValues = 1 << 22;

    /// <summary>Values of a product's left operand that are copied at once, for all threads, and of its right one, for each.</summary>
    private const int LeftValues = 1 << 20;

    private const int RightValues = 50_000;

    /// <summary>Rows of an attention tile, two of them for each thread.</summary>
    private const int AttentionRows = 72;

    private const long Single = sizeof(float);

    public long Total => Process + Weights + Moments + Gradients + Activations + Scratch;

    /// <summary>What the engine takes itself.</summary>
    public long Engine => Total - Process;

    /// <summary>Rows of a gradient that is made and applied at once, a multiple of <see cref="ScaleBlock"/>, so that ranges are aligned whatever the columns.</summary>
    public static int TileRows(int columns) => Math.Max(FewestTileRows, TileValues / columns / ScaleBlock * ScaleBlock);

    /// <summary>Of <paramref name="work"/> with its micro-batch, layers recomputed only where it says so.</summary>
    public static TrainingMemory Of(TrainingWork work, TrainingDevice device)
    {
        var settings = work.Hyperparameters;
        var shards = work.Shape.Parameters <= ShardedWeights ? device.Threads : 1;
        var keepsGradients = work.KeepsGradients || shards > 1;
        return new TrainingMemory(
            device.ProcessBytes,
            LlamaWeights.Of(work.Shape).Sum(weight => weight.Count * (settings.Precision == TrainingPrecision.Fp32 || !weight.IsMatrix ? 4 : 2)),
            (long)work.Trained.Sum(weight => weight.Count * MomentBytes(settings, weight.IsMatrix)),
            keepsGradients ? shards * Single * work.Trained.Sum(weight => weight.Count) : 0,
            Single * ActivationValues(work),
            Single * ScratchValues(work, device, keepsGradients));
    }

    /// <summary>Bytes a weight of a model's state, weights and moments, in its smallest form: bf16 with 8-bit moments.</summary>
    public static double SmallestBytesPerParameter =>
        2 + MomentBytes(new HyperparametersRequest(Precision: TrainingPrecision.Bf16Int8).Resolve(0), isMatrix: true);

    private static double MomentBytes(Hyperparameters settings, bool isMatrix) =>
        (settings.Optimizer == OptimizerKind.Lion ? 1 : 2) * (isMatrix ? settings.Precision : TrainingPrecision.Fp32) switch
        {
            TrainingPrecision.Bf16 => 2,
            TrainingPrecision.Bf16Int8 => 1 + (4.0 / ScaleBlock),
            _ => 4,
        };

    /// <summary>
    /// Of one layer: its input, queries, keys and values, attention's output and denominators, the stream behind it, gate and up; then
    /// what all layers share.
    /// </summary>
    private static long ActivationValues(TrainingWork work)
    {
        var model = work.Shape;
        long hidden = model.HiddenSize;
        long inner = model.IntermediateSize;
        long queries = model.QueryWidth;
        var packed = queries + (2L * model.KeyWidth);
        var layer = hidden + packed + queries + model.AttentionHeads + hidden + (2 * inner);
        var layers = work.RecomputesLayers ? layer + ((model.Layers - 1) * hidden) : model.Layers * layer;
        var shared = (6 * hidden) + inner + (3 * queries) + packed + 2;
        return (work.Rows * (layers + shared)) + (LogitRows(work) * model.VocabSize);
    }

    private static long LogitRows(TrainingWork work) =>
        Math.Min(work.Rows, Math.Max(work.Shape.HiddenSize, LogitValues / work.Shape.VocabSize));

    private static long ScratchValues(TrainingWork work, TrainingDevice device, bool keepsGradients)
    {
        var model = work.Shape;
        var head = (long)model.VocabSize * model.HiddenSize;
        var headIsTrained = work.Trained.Any(weight => weight.Name == (model.TieWordEmbeddings ? LlamaWeights.Embedding : LlamaWeights.Output));
        var largest = LlamaWeights.Of(model).Max(weight => weight.Count);
        var tile = keepsGradients ? 0 : LlamaWeights.Of(model).Max(TileSize);
        var partial = !keepsGradients && headIsTrained && LogitRows(work) < work.Rows ? head : 0;
        var products = device.PacksProducts
            ? Math.Min(LeftValues, work.Rows * Widest(model)) + ((long)device.Threads * RightValues)
            : work.Hyperparameters.Precision == TrainingPrecision.Fp32 ? 0 : Math.Min(largest, PanelValues);

        // Copies of a sequence's keys and values, and of a block's queries.
        var attention = device.Threads * ((work.ContextLength * ((3L * model.HeadDimension) + (2 * AttentionRows))) + (4L * AttentionRows * model.HeadDimension));
        var angles = (long)work.ContextLength * model.HeadDimension;
        return tile + partial + products + attention + angles;
    }

    private static long TileSize(WeightShape weight) =>
        weight.IsMatrix ? Math.Min(weight.Shape[0], TileRows((int)weight.Shape[1])) * weight.Shape[1] : weight.Count;

    /// <summary>Outputs of the widest product.</summary>
    private static long Widest(ModelShape model) =>
        Math.Max(Math.Max(model.VocabSize, 2L * model.IntermediateSize), model.QueryWidth + (2L * model.KeyWidth));
}
