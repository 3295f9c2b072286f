using FineTune.Training.Engine;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Models;

namespace FineTune.Training.Generation;

/// <summary>
/// One token through the whole model by a team of threads that takes every weight from memory once. Threads take blocks of outputs as
/// they get to them: a static split would wait for the one another process disturbs. No sum depends on who takes it.
/// </summary>
internal sealed unsafe class TokenPass : IDisposable
{
    /// <summary>Floats of a block of outputs.</summary>
    private const int BlockValues = 1 << 14;

    /// <summary>Counters lie on cache lines of their own.</summary>
    private const int CounterStride = 16;

    private const int PhasesPerLayer = 5;

    private readonly LlamaConfig config;
    private readonly LlamaBlock weights;
    private readonly RotaryAngles angles;
    private readonly DecoderCache cache;
    private readonly AttentionShape shape;
    private readonly ThreadTeam team;
    private readonly NativeBuffer<float> memory;
    private readonly NativeBuffer<int> counters;
    private readonly NativeBuffer<int> position = new(1);
    private readonly float* stream;
    private readonly float* packed;
    private readonly float* mixed;
    private readonly float* gateUp;
    private readonly float* inner;
    private readonly float* logits;
    private readonly float* members;

    public TokenPass(LlamaConfig config, LlamaBlock weights, RotaryAngles angles, DecoderCache cache, int threads)
    {
        (this.config, this.weights, this.angles, this.cache) = (config, weights, angles, cache);
        shape = new AttentionShape(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);
        memory = new NativeBuffer<float>(
            config.HiddenSize + shape.PackedWidth + shape.QueryWidth + (3L * config.IntermediateSize) + config.VocabSize
            + ((long)threads * (config.HiddenSize + 1 + ((long)CachedAttention.TileRows * cache.Capacity))));
        stream = memory.Data;
        packed = stream + config.HiddenSize;
        mixed = packed + shape.PackedWidth;
        gateUp = mixed + shape.QueryWidth;
        inner = gateUp + (2 * config.IntermediateSize);
        logits = inner + config.IntermediateSize;
        members = logits + config.VocabSize;
        counters = new NativeBuffer<int>(((PhasesPerLayer * config.Layers) + 1) * CounterStride);
        team = new ThreadTeam(threads, Forward);
    }

    /// <summary>Scores [V] of what follows <paramref name="token"/>, whose keys and values go into the cache.</summary>
    public ReadOnlySpan<float> Run(int token)
    {
        *position.Data = cache.Length;
        Rows.Copy(weights.Embedding, token, stream);
        new Span<int>(counters.Data, ((PhasesPerLayer * config.Layers) + 1) * CounterStride).Clear();
        team.Run();
        cache.Length++;
        return new ReadOnlySpan<float>(logits, config.VocabSize);
    }

    public void Dispose()
    {
        team.Dispose();
        memory.Dispose();
        counters.Dispose();
        position.Dispose();
    }

    private void Forward(int member)
    {
        var normed = members + ((long)member * (config.HiddenSize + 1));
        for (var i = 0; i < config.Layers; i++)
        {
            var layer = weights.Layers[i];
            var phase = PhasesPerLayer * i;
            Norm(layer.AttentionNorm, normed);
            Product(phase, normed, layer.Packed, packed);
            team.Meet(phase + 1);
            for (int group; (group = Take(phase + 1, 1)) < shape.KeyValueHeads;)
            {
                Attend(i, group, member);
            }

            team.Meet(phase + 2);
            Product(phase + 2, mixed, layer.Output, stream, add: true);
            team.Meet(phase + 3);
            Norm(layer.FeedForwardNorm, normed);
            FeedForward(phase + 3, normed, layer.GateUp);
            team.Meet(phase + 4);
            Product(phase + 4, inner, layer.Down, stream, add: true);
            team.Meet(phase + 5);
        }

        Norm(weights.FinalNorm, normed);
        Product(PhasesPerLayer * config.Layers, normed, weights.Head, logits);
    }

    /// <summary>By every member for itself: cheaper than a meeting.</summary>
    private void Norm(float* gain, float* normed) =>
        new RmsNormForward(
            new Matrix(stream, 1, config.HiddenSize),
            gain,
            (float)config.RmsNormEpsilon,
            normed + config.HiddenSize,
            new Matrix(normed, 1, config.HiddenSize)).Run(0, 0, 1);

    private void Product(int phase, float* x, Weight weight, float* y, bool add = false)
    {
        var block = Block(weight.Columns);
        for (int first; (first = Take(phase, block)) < weight.Rows;)
        {
            Gemv.Multiply(x, weight, y, first, Math.Min(first + block, weight.Rows), add);
        }
    }

    private void FeedForward(int phase, float* x, Weight weight)
    {
        var (count, block) = (config.IntermediateSize, Block(2 * weight.Columns));
        float* gate = gateUp, up = gateUp + count;
        for (int first; (first = Take(phase, block)) < count;)
        {
            var end = Math.Min(first + block, count);
            Gemv.Multiply(x, weight.Slice(0, count), gate, first, end);
            Gemv.Multiply(x, weight.Slice(count, count), up, first, end);
            SwiGluForward.Row(gate + first, up + first, inner + first, end - first);
        }
    }

    /// <summary>Heads that share keys: turns them, stores keys and values, attends.</summary>
    private void Attend(int layer, int group, int member)
    {
        var row = new Matrix(packed, 1, shape.PackedWidth);
        var first = group * shape.GroupSize;
        Turn(row.Narrow(first * shape.HeadDimension, shape.GroupSize * shape.HeadDimension));
        Turn(shape.Key(row, group));
        cache.Append(layer, group, row);
        var scratch = members + ((long)team.Members * (config.HiddenSize + 1));
        new CachedAttention(
            shape, row, cache.Keys(layer), cache.Values(layer), cache.Capacity, cache.Length, new Matrix(mixed, 1, shape.QueryWidth), scratch)
            .Run(member, first, first + shape.GroupSize);
    }

    private void Turn(Matrix heads) => new RotaryKernel(heads, angles.Cosines, angles.Sines, position.Data, back: false).Run(0, 0, 1);

    private int Take(int phase, int count) => Interlocked.Add(ref counters.Data[phase * CounterStride], count) - count;

    private static int Block(int columns) => Math.Max(1, BlockValues / columns / 8) * 8;
}
