namespace FineTune.Training.Safetensors;

/// <summary>Fills <paramref name="destination"/> with a tensor's elements from <paramref name="first"/> on, in row-major order.</summary>
public delegate void TensorSource(long first, Span<float> destination);

/// <summary>A tensor to write; its elements are asked for in pieces, so no copy of the whole is needed.</summary>
/// <param name="Type">F32, BF16 (rounded to nearest even) or U8 (whole numbers from 0 to 255); null takes the file's.</param>
public sealed record TensorToWrite(string Name, IReadOnlyList<long> Shape, TensorSource Source, TensorType? Type = null)
{
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>A tensor whose elements are an array.</summary>
    public static TensorToWrite Of(string name, IReadOnlyList<long> shape, float[] values) =>
        new(name, shape, (first, destination) => values.AsSpan((int)first, destination.Length).CopyTo(destination));
}

/// <summary>Writes safetensors files. Equal tensors in equal order give equal bytes.</summary>
public static class SafetensorsWriter
{
    /// <summary>Writes <paramref name="tensors"/> in the given order.</summary>
    /// <param name="type">F32 or BF16 (rounded to nearest even).</param>
    public static void Write(string file, IReadOnlyList<TensorToWrite> tensors, TensorType type = TensorType.F32)
    {
        using var source = new SafetensorsStream(tensors, type);
        FileContent.Write(file, source);
    }
}
