using FineTune.Training.Native;

namespace FineTune.Training.Kernels.Torch;

/// <summary>What the kernels of a device share: views of its memory, scratch, and the indices that are on it.</summary>
internal sealed unsafe class TorchScope : IDisposable
{
    private readonly NativeBuffer<float>[] scratch;
    private readonly TorchIndices indices;

    public TorchScope(TorchMemory memory)
    {
        Memory = memory;
        scratch = [.. Enumerable.Range(0, 5).Select(_ => new NativeBuffer<float>(memory))];
        indices = new TorchIndices(memory);
    }

    public TorchMemory Memory { get; }

    public TorchDevice Device => Memory.Device;

    /// <summary>Scratch until the same slot is asked for again.</summary>
    public Matrix Scratch(int slot, int rows, int columns) => new(scratch[slot].Reserve((long)rows * columns), rows, columns);

    public TensorHandle View(void* data, ElementType type, ReadOnlySpan<long> sizes, ReadOnlySpan<long> strides) =>
        TensorHandle.View(data, type, Device, sizes, strides);

    public TensorHandle View(Matrix matrix) => View(matrix.Data, ElementType.Single, [matrix.Rows, matrix.Columns], [matrix.Stride, 1]);

    public TensorHandle Transposed(Matrix matrix) => View(matrix.Data, ElementType.Single, [matrix.Columns, matrix.Rows], [1, matrix.Stride]);

    /// <summary>Values one after another.</summary>
    public TensorHandle Flat(void* data, long count, ElementType type = ElementType.Single) => View(data, type, [count], [1]);

    /// <summary>A value for each row of a matrix, [rows, 1].</summary>
    public TensorHandle Column(float* data, int rows) => View(data, ElementType.Single, [rows, 1], [1, 1]);

    /// <summary>A value for each column of a matrix, [1, columns].</summary>
    public TensorHandle Row(float* data, int columns) => View(data, ElementType.Single, [1, columns], [columns, 1]);

    /// <summary>Indices [count], of 64 bits, that are in the host's memory.</summary>
    public TensorHandle Indices(int* host, int count) => Flat(indices.Upload(host, count), count, ElementType.Int64);

    /// <summary>The same with shape [count, columns].</summary>
    public TensorHandle Indices(int* host, int count, long columns) =>
        View(indices.Upload(host, count), ElementType.Int64, [count, columns], [1, 0]);

    /// <summary>Copies values to the host's memory, after all work so far.</summary>
    public static void Download(TensorHandle values, void* host, ElementType type, long count)
    {
        var to = TensorHandle.View(host, type, TorchDevice.Cpu, [count], [1]);
        Operators.Copy.Run(to, values, Word.False);
    }

    public void Dispose()
    {
        Array.ForEach(scratch, buffer => buffer.Dispose());
        indices.Dispose();
    }
}
