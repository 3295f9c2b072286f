using FineTune.Core.Runs;
using FineTune.Training.Kernels.Cpu.Products;
using FineTune.Training.Kernels.Cpu.Updates;

namespace FineTune.Training.Kernels.Cpu;

/// <summary>
/// The kernels on this machine's cores: 256-bit loops, and for products either <see cref="PackedProduct"/> or MKL. One instance serves one
/// caller at a time.
/// </summary>
/// <param name="threads">Of each call; results depend on it in the last bit.</param>
/// <param name="packs">Whether products with weights are <see cref="PackedProduct"/>s.</param>
internal sealed unsafe class CpuKernels(int threads, bool packs) : IKernels
{
    /// <summary>Values that are worth a thread.</summary>
    private const int Grain = 8192;

    /// <summary>Values of a panel of bfloat16 weights that is widened for a product: 16 MB, half of a large last cache.</summary>
    private const int PanelValues = 1 << 22;

    private readonly PackedProduct? products = packs ? new PackedProduct(threads) : null;
    private readonly NativeBuffer<float> panels = new();
    private readonly NativeBuffer<float> tiles = new();
    private readonly NativeBuffer<float> gains = new();
    private readonly NativeBuffer<double> squares = new();

    /// <summary>With the products that are faster on this machine.</summary>
    public CpuKernels(int threads)
        : this(threads, PackedProduct.IsPreferred)
    {
    }

    /// <summary>Of native memory.</summary>
    public long Bytes => (products?.Bytes ?? 0) + panels.ByteCount + tiles.ByteCount + gains.ByteCount + squares.ByteCount;

    public void Linear(Matrix x, Weight weight, Matrix y, bool add)
    {
        if (products is not null)
        {
            products.Multiply(Operand.Rows(x), Operand.Rows(weight), weight.Columns, y, add);
            return;
        }

        var height = PanelRows(weight);
        for (var first = 0; first < weight.Rows; first += height)
        {
            var panel = Panel(weight, first, height);
            Gemm.MultiplyTransposed(x, panel, y.Narrow(first, panel.Rows), beta: add ? 1 : 0);
        }
    }

    public void LinearInputGradient(Matrix dy, Weight weight, Matrix dx)
    {
        if (products is not null)
        {
            products.Multiply(Operand.Rows(dy), Operand.Columns(weight), weight.Rows, dx, add: false);
            return;
        }

        var height = PanelRows(weight);
        for (var first = 0; first < weight.Rows; first += height)
        {
            var panel = Panel(weight, first, height);
            Gemm.Multiply(dy.Narrow(first, panel.Rows), panel, dx, beta: first > 0 ? 1 : 0);
        }
    }

    public void LinearWeightGradient(Matrix dy, Matrix x, Matrix dWeight, bool add)
    {
        if (products is not null)
        {
            products.Multiply(Operand.Columns(dy), Operand.Columns(x), x.Rows, dWeight, add);
            return;
        }

        Gemm.TransposedMultiply(dy, x, dWeight, beta: add ? 1 : 0);
    }

    public void RmsNorm(Matrix x, float* gain, float epsilon, float* scale, Matrix y) =>
        For(x.Rows, x.Columns, new RmsNormForward(x, gain, epsilon, scale, y));

    public void RmsNormGradient(Matrix x, float* gain, float* scale, Matrix dy, Matrix dx, float* dGain)
    {
        var sums = new Matrix(gains.Reserve((long)threads * x.Columns), threads, x.Columns);
        new Span<float>(sums.Data, threads * x.Columns).Clear();
        var slots = For(x.Rows, x.Columns, new RmsNormBackward(x, gain, scale, dy, dx, sums));
        for (var slot = 0; slot < slots; slot++)
        {
            VectorMath.Add(sums.Row(slot), dGain, x.Columns);
        }
    }

    public void Rotate(Matrix heads, Matrix cosines, Matrix sines, int* positions, bool back) =>
        For(heads.Rows, heads.Columns, new RotaryKernel(heads, cosines, sines, positions, back));

    public void Attention(AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums)
    {
        var scratch = tiles.Reserve(threads * AttentionTile.Size(segments.Longest, shape.HeadDimension));
        var units = (long)shape.KeyValueHeads * segments.Count;
        NativeThreads.For(threads, units, 1, new AttentionForward(shape, packed, segments, output, logSums, scratch));
    }

    public void AttentionGradient(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked)
    {
        var scratch = tiles.Reserve(threads * AttentionTile.Size(segments.Longest, shape.HeadDimension));
        var units = (long)shape.KeyValueHeads * segments.Count;
        NativeThreads.For(
            threads, units, 1, new AttentionBackward(shape, packed, segments, output, logSums, dOutput, dPacked, scratch));
    }

    public void SwiGlu(Matrix gateUp, Matrix y) => For(y.Rows, y.Columns, new SwiGluForward(gateUp, y));

    public void SwiGluGradient(Matrix gateUp, Matrix dy) => For(dy.Rows, dy.Columns, new SwiGluBackward(gateUp, dy));

    public void CrossEntropy(Matrix logits, int* labels, float scale, float* losses) =>
        For(logits.Rows, logits.Columns, new CrossEntropyKernel(logits, labels, scale, losses));

    public void Score(Matrix logits, int* labels, float* losses, int* hits) =>
        For(logits.Rows, logits.Columns, new ScoreKernel(logits, labels, losses, hits));

    public void Embed(Weight embedding, int* tokens, Matrix destination)
    {
        if (embedding.IsHalf)
        {
            For(destination.Rows, destination.Columns, new EmbedHalvesKernel(embedding, tokens, destination));
        }
        else
        {
            Gather(embedding.Single, tokens, destination);
        }
    }

    public void Gather(Matrix source, int* rows, Matrix destination) =>
        For(destination.Rows, destination.Columns, new GatherKernel(source, rows, destination));

    public void ScatterAdd(Matrix source, int* rows, int first, Matrix destination)
    {
        var blocks = (source.Columns + ScatterAddKernel.BlockColumns - 1) / ScatterAddKernel.BlockColumns;
        For(blocks, source.Rows * ScatterAddKernel.BlockColumns, new ScatterAddKernel(source, rows, first, destination));
    }

    public void Copy(Matrix source, Matrix destination) =>
        For(destination.Rows, destination.Columns, new GatherKernel(source, null, destination));

    public void Clear(Matrix destination) => For(destination.Rows, destination.Columns, new ClearKernel(destination));

    public double SumGradients(float** gradients, int buffers, long count)
    {
        var blocks = (count + SumGradientsKernel.BlockSize - 1) / SumGradientsKernel.BlockSize;
        var sums = squares.Reserve(blocks);
        For(blocks, SumGradientsKernel.BlockSize, new SumGradientsKernel(gradients, buffers, count, sums));
        return Sum(sums, blocks);
    }

    public double Update(OptimizerKind kind, AdamWSettings settings, OptimizerRange range, bool measures = false)
    {
        var blocks = measures ? (range.Count + StoredValues.Block - 1) / StoredValues.Block : 0;
        var sums = measures ? squares.Reserve(blocks) : null;
        OptimizerUpdate.Run(threads, kind, settings, range, sums);
        return Sum(sums, blocks);
    }

    public void Dispose()
    {
        products?.Dispose();
        panels.Dispose();
        tiles.Dispose();
        gains.Dispose();
        squares.Dispose();
    }

    private static double Sum(double* sums, long count)
    {
        var total = 0.0;
        for (var i = 0L; i < count; i++)
        {
            total += sums[i];
        }

        return total;
    }

    /// <summary>Single precision needs no panels.</summary>
    private static int PanelRows(Weight weight) => weight.IsHalf ? Math.Clamp(PanelValues / weight.Columns, 1, weight.Rows) : weight.Rows;

    private Matrix Panel(Weight weight, int first, int height)
    {
        if (!weight.IsHalf)
        {
            return weight.Single;
        }

        var rows = weight.Slice(first, Math.Min(height, weight.Rows - first));
        var panel = new Matrix(panels.Reserve((long)height * weight.Columns), rows.Rows, rows.Columns);
        For(rows.Rows, rows.Columns, new EmbedHalvesKernel(rows, null, panel));
        return panel;
    }

    private int For<TKernel>(long items, int valuesPerItem, TKernel kernel)
        where TKernel : unmanaged, IRangeKernel =>
        NativeThreads.For(threads, items, Math.Max(1, Grain / valuesPerItem), kernel);
}
