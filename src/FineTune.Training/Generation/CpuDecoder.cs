using FineTune.Training.Engine;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Models;
using FineTune.Training.Numerics;

namespace FineTune.Training.Generation;

/// <summary>
/// Decodes on processors without libtorch's operators and without garbage: prompts by products of <see cref="PromptRows"/> positions,
/// each token after them by one pass over the weights, at the speed of memory.
/// </summary>
internal sealed unsafe class CpuDecoder : ITokenDecoder
{
    private const int PromptRows = 256;

    private readonly LlamaConfig config;
    private readonly LlamaBlock weights;
    private readonly IDisposable? owned;
    private readonly AttentionShape shape;
    private readonly int threads;
    private readonly CpuKernels kernels;
    private readonly RotaryAngles angles;
    private readonly DecoderCache cache;
    private readonly NativeBuffer<float> memory;
    private readonly NativeBuffer<int> positions = new(PromptRows);
    private readonly TokenPass tokenPass;

    /// <param name="weights">Must outlive the decoder, or be <paramref name="owned"/>.</param>
    public CpuDecoder(LlamaConfig config, LlamaBlock weights, int contextLength, IDisposable? owned = null)
    {
        threads = TorchRuntime.Start().Threads;
        (this.config, this.weights, this.owned) = (config, weights, owned);
        shape = new AttentionShape(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);
        kernels = new CpuKernels(threads);
        angles = new RotaryAngles(config);
        cache = new DecoderCache(config, Math.Min(contextLength, config.MaxPositionEmbeddings));
        var row = (2 * config.HiddenSize) + shape.PackedWidth + shape.QueryWidth + (3 * config.IntermediateSize) + 1;
        memory = new NativeBuffer<float>(((long)PromptRows * row) + config.VocabSize + ((long)threads * CachedAttention.TileRows * cache.Capacity));
        tokenPass = new TokenPass(config, weights, angles, cache, threads);
    }

    public int VocabSize => config.VocabSize;

    public int ContextLength => cache.Capacity;

    public int Length => cache.Length;

    /// <summary>Loads the model in <paramref name="directory"/>.</summary>
    public static CpuDecoder Open(string directory, int contextLength)
    {
        using var folder = ModelFolder.Open(directory);
        var layout = new WeightLayout(folder.Config);
        var block = new NativeBuffer<float>(layout.Count);
        foreach (var shape in layout.Shapes)
        {
            TensorMemory.Fill(
                block.Data + layout[shape.Name], shape.Count, (first, destination) => folder.Weights.Read(shape.Name, first, destination));
        }

        return new CpuDecoder(folder.Config, new LlamaBlock(new LlamaParameters(layout), new WeightBlock(block.Data)), contextLength, block);
    }

    public void Clear() => cache.Length = 0;

    public ReadOnlySpan<float> Read(scoped ReadOnlySpan<int> tokens)
    {
        DecoderFaults.Check(tokens, this);
        angles.Reserve(Length + tokens.Length);
        for (; tokens.Length > PromptRows; tokens = tokens[PromptRows..])
        {
            Forward(tokens[..PromptRows]);
        }

        if (tokens.Length == 1)
        {
            return tokenPass.Run(tokens[0]);
        }

        Forward(tokens);
        var buffers = new Buffers(this, tokens.Length);
        var normed = buffers.Normed.Slice(0, 1);
        kernels.RmsNorm(
            buffers.Stream.Slice(tokens.Length - 1, 1), weights.FinalNorm, (float)config.RmsNormEpsilon, buffers.Scales, normed);
        kernels.Linear(normed, weights.Head, new Matrix(buffers.Logits, 1, config.VocabSize), add: false);
        return new ReadOnlySpan<float>(buffers.Logits, config.VocabSize);
    }

    public void Dispose()
    {
        tokenPass.Dispose();
        kernels.Dispose();
        angles.Dispose();
        cache.Dispose();
        memory.Dispose();
        positions.Dispose();
        owned?.Dispose();
    }

    /// <summary>Takes up to <see cref="PromptRows"/> tokens through all layers, leaving the residual stream in <see cref="Buffers.Stream"/>.</summary>
    private void Forward(ReadOnlySpan<int> tokens)
    {
        var at = new Buffers(this, tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
        {
            positions.Data[i] = Length + i;
            Rows.Copy(weights.Embedding, tokens[i], at.Stream.Row(i));
        }

        var epsilon = (float)config.RmsNormEpsilon;
        for (var i = 0; i < config.Layers; i++)
        {
            var layer = weights.Layers[i];
            kernels.RmsNorm(at.Stream, layer.AttentionNorm, epsilon, at.Scales, at.Normed);
            kernels.Linear(at.Normed, layer.Packed, at.Packed, add: false);
            var turned = at.Packed.Narrow(0, (shape.Heads + shape.KeyValueHeads) * shape.HeadDimension);
            kernels.Rotate(turned, angles.Cosines, angles.Sines, positions.Data, back: false);
            cache.Append(i, at.Packed);
            NativeThreads.For(
                threads,
                shape.Heads,
                1,
                new CachedAttention(shape, at.Packed, cache.Keys(i), cache.Values(i), cache.Capacity, Length, at.Mixed, at.Scores));
            kernels.Linear(at.Mixed, layer.Output, at.Stream, add: true);
            kernels.RmsNorm(at.Stream, layer.FeedForwardNorm, epsilon, at.Scales, at.Normed);
            kernels.Linear(at.Normed, layer.GateUp, at.GateUp, add: false);
            kernels.SwiGlu(at.GateUp, at.Inner);
            kernels.Linear(at.Inner, layer.Down, at.Stream, add: true);
        }

        cache.Length += tokens.Length;
    }

    /// <summary>The decoder's memory cut for a number of rows.</summary>
    private readonly struct Buffers
    {
        public Buffers(CpuDecoder decoder, int rows)
        {
            var config = decoder.config;
            var next = decoder.memory.Data;
            Matrix Take(int columns)
            {
                var matrix = new Matrix(next, rows, columns);
                next += (long)PromptRows * columns;
                return matrix;
            }

            Stream = Take(config.HiddenSize);
            Normed = Take(config.HiddenSize);
            Packed = Take(decoder.shape.PackedWidth);
            Mixed = Take(decoder.shape.QueryWidth);
            GateUp = Take(2 * config.IntermediateSize);
            Inner = Take(config.IntermediateSize);
            Scales = Take(1).Data;
            Logits = next;
            Scores = next + config.VocabSize;
        }

        public Matrix Stream { get; }

        public Matrix Normed { get; }

        public Matrix Packed { get; }

        public Matrix Mixed { get; }

        public Matrix GateUp { get; }

        public Matrix Inner { get; }

        public float* Scales { get; }

        public float* Logits { get; }

        public float* Scores { get; }
    }
}
