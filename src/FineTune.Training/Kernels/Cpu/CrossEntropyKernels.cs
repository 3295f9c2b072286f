namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.CrossEntropy"/> by rows: the gradient is (softmax - one-hot label) · scale.</summary>
internal readonly unsafe struct CrossEntropyKernel(Matrix logits, int* labels, float scale, float* losses) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        for (var row = first; row < end; row++)
        {
            var x = logits.Row(row);
            var label = labels[row];
            var ofLabel = x[label];
            var highest = VectorMath.Max(x, logits.Columns);
            var sum = VectorMath.ExpSum(x, logits.Columns, highest);
            losses[row] = highest - ofLabel + MathF.Log(sum);
            VectorMath.Scale(x, logits.Columns, scale / sum);
            x[label] -= scale;
        }
    }
}

/// <summary><see cref="IKernels.Score"/> by rows.</summary>
internal readonly unsafe struct ScoreKernel(Matrix logits, int* labels, float* losses, int* hits) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        for (var row = first; row < end; row++)
        {
            var x = logits.Row(row);
            var ofLabel = x[labels[row]];
            var highest = VectorMath.Max(x, logits.Columns);
            hits[row] = ofLabel >= highest ? 1 : 0;
            losses[row] = highest - ofLabel + MathF.Log(VectorMath.ExpSum(x, logits.Columns, highest));
        }
    }
}
