namespace FineTune.Training.Kernels.Cpu;

/// <summary>The kernels on this machine's cores: MKL's products and 256-bit loops. One instance serves one caller at a time.</summary>
/// <param name="threads">Of each call; results depend on it in the last bit.</param>
internal sealed unsafe class CpuKernels(int threads) : IKernels
{
    /// <summary>Values that are worth a thread.</summary>
    private const int Grain = 8192;

    private readonly NativeBuffer<float> tiles = new();
    private readonly NativeBuffer<float> gains = new();
    private readonly NativeBuffer<double> squares = new();

    public void Linear(Matrix x, Weight weight, Matrix y, bool add) =>
        Gemm.MultiplyTransposed(x, weight.Single, y, beta: add ? 1 : 0);

    public void LinearInputGradient(Matrix dy, Weight weight, Matrix dx) => Gemm.Multiply(dy, weight.Single, dx);

    public void LinearWeightGradient(Matrix dy, Matrix x, Matrix dWeight, bool add) =>
        Gemm.TransposedMultiply(dy, x, dWeight, beta: add ? 1 : 0);

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
        var scratch = tiles.Reserve(threads * AttentionTile.Size(segments.Longest));
        var units = (long)shape.KeyValueHeads * segments.Count;
        NativeThreads.For(threads, units, 1, new AttentionForward(shape, packed, segments, output, logSums, scratch));
    }

    public void AttentionGradient(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked)
    {
        var scratch = tiles.Reserve(2 * threads * AttentionTile.Size(segments.Longest));
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

    public void Embed(Weight embedding, int* tokens, Matrix destination) => Gather(embedding.Single, tokens, destination);

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
        var total = 0.0;
        for (var block = 0L; block < blocks; block++)
        {
            total += sums[block];
        }

        return total;
    }

    public void AdamW(float* weights, float* gradients, float* first, float* second, long count, AdamWSettings settings) =>
        For(count, 1, new AdamWKernel(weights, gradients, first, second, settings));

    public void Dispose()
    {
        tiles.Dispose();
        gains.Dispose();
        squares.Dispose();
    }

    private int For<TKernel>(long items, int valuesPerItem, TKernel kernel)
        where TKernel : unmanaged, IRangeKernel =>
        NativeThreads.For(threads, items, Math.Max(1, Grain / valuesPerItem), kernel);
}
