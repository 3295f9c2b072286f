using FineTune.Core.Estimates;
using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>
/// The optimizer in the backward pass: each weight is updated as soon as its gradient is complete, tile by tile, so that a gradient lives
/// in the cache only (Lv et al., "Full parameter fine-tuning for large language models with limited resources", 2023; here with AdamW).
/// Only where a gradient comes in several products is it kept whole.
/// </summary>
/// <param name="deviceMemory">Of the kernels' device; null is the host.</param>
internal sealed unsafe class ImmediateUpdate(LlamaParameters parameters, IOptimizer optimizer, IDeviceMemory? deviceMemory = null) : IGradientSink, IDisposable
{
    private readonly NativeBuffer<float>?[] partial = new NativeBuffer<float>?[parameters.Trained.Ranges.Count];
    private readonly bool[] begun = new bool[parameters.Trained.Ranges.Count];
    private readonly NativeBuffer<float> scratch = new(deviceMemory);

    /// <summary>Squared Euclidean norm of this step's gradients.</summary>
    public double SquaredNorm { get; private set; }

    /// <summary>Weights of this step have changed: it can be finished, not undone.</summary>
    public bool HasUpdated { get; private set; }

    /// <summary>Of native memory.</summary>
    public long Bytes => scratch.ByteCount + partial.Sum(buffer => buffer?.ByteCount ?? 0);

    public void BeginStep()
    {
        (SquaredNorm, HasUpdated) = (0, false);
        begun.AsSpan().Clear();
    }

    public void Product(IKernels kernels, Parameter weight, Matrix dy, Matrix x, bool complete)
    {
        if (complete && !begun[weight.Index])
        {
            Tiles(kernels, weight, dy, x, null, default);
            return;
        }

        var whole = Partial(weight);
        kernels.LinearWeightGradient(dy, x, whole, begun[weight.Index]);
        begun[weight.Index] = true;
        if (complete)
        {
            Update(kernels, weight, 0, weight.Count, whole.Data);
        }
    }

    public void Rows(IKernels kernels, Parameter weight, int* rows, Matrix dRows)
    {
        if (!begun[weight.Index])
        {
            Tiles(kernels, weight, default, default, rows, dRows);
            return;
        }

        var whole = Partial(weight);
        kernels.ScatterAdd(dRows, rows, 0, whole);
        Update(kernels, weight, 0, weight.Count, whole.Data);
    }

    public void ProductAndRows(IKernels kernels, Parameter weight, Matrix dy, Matrix x, int* rows, Matrix dRows) =>
        Tiles(kernels, weight, dy, x, rows, dRows);

    public float* Vector(IKernels kernels, Parameter weight)
    {
        var gradient = new Matrix(scratch.Reserve(weight.Count), weight.Rows, weight.Columns);
        kernels.Clear(gradient);
        return gradient.Data;
    }

    public void Complete(IKernels kernels, Parameter weight) => Update(kernels, weight, 0, weight.Count, scratch.Data);

    public void Dispose()
    {
        scratch.Dispose();
        foreach (var buffer in partial)
        {
            buffer?.Dispose();
        }
    }

    /// <summary>Makes and applies the gradient of some rows of the weight after others.</summary>
    private void Tiles(IKernels kernels, Parameter weight, Matrix dy, Matrix x, int* rows, Matrix dRows)
    {
        var height = Math.Min(weight.Rows, TrainingMemory.TileRows(weight.Columns));
        var memory = scratch.Reserve((long)height * weight.Columns);
        for (var first = 0; first < weight.Rows; first += height)
        {
            var tile = new Matrix(memory, Math.Min(height, weight.Rows - first), weight.Columns);
            if (x.Data is null)
            {
                kernels.Clear(tile);
            }
            else
            {
                kernels.LinearWeightGradient(dy.Narrow(first, tile.Rows), x, tile, add: false);
            }

            if (rows is not null)
            {
                kernels.ScatterAdd(dRows, rows, first, tile);
            }

            Update(kernels, weight, (long)first * weight.Columns, (long)tile.Rows * tile.Columns, tile.Data);
        }
    }

    private void Update(IKernels kernels, Parameter weight, long first, long count, float* gradient)
    {
        HasUpdated = true;
        SquaredNorm += optimizer.Apply(kernels, weight, first, count, gradient, measures: true);
    }

    private Matrix Partial(Parameter weight)
    {
        var buffer = partial[weight.Index] ??= new NativeBuffer<float>(weight.Count, deviceMemory);
        return new Matrix(buffer.Data, weight.Rows, weight.Columns);
    }
}
