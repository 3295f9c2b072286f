using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FineTune.Training.Safetensors;

/// <summary>Fills <paramref name="destination"/> with a tensor's elements from <paramref name="first"/> on, in row-major order.</summary>
public delegate void TensorSource(long first, Span<float> destination);

/// <summary>A tensor to write; its elements are asked for in pieces, so no copy of the whole is needed.</summary>
public sealed record TensorToWrite(string Name, IReadOnlyList<long> Shape, TensorSource Source)
{
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>A tensor whose elements are an array.</summary>
    public static TensorToWrite Of(string name, IReadOnlyList<long> shape, float[] values) =>
        new(name, shape, (first, destination) => values.AsSpan((int)first, destination.Length).CopyTo(destination));
}

/// <summary>Writes safetensors files. Equal tensors in equal order give equal bytes.</summary>
public static class SafetensorsWriter
{
    private const int ChunkElements = 1 << 18;

    // The original library leaves names as they are too; escaping beyond JSON's need would only differ from it.
    private static readonly JsonWriterOptions HeaderOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes <paramref name="tensors"/> in the given order.</summary>
    /// <param name="type">F32 or BF16 (rounded to nearest even).</param>
    public static void Write(string file, IReadOnlyList<TensorToWrite> tensors, TensorType type = TensorType.F32)
    {
        if (type is not (TensorType.F32 or TensorType.BF16))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Weights are written as F32 or BF16.");
        }

        using var stream = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        WriteHeader(stream, tensors, type);
        var values = new float[ChunkElements];
        var bytes = new byte[ChunkElements * type.Size()];
        foreach (var tensor in tensors)
        {
            var count = tensor.Count;
            for (var first = 0L; first < count; first += ChunkElements)
            {
                var chunk = values.AsSpan(0, (int)Math.Min(ChunkElements, count - first));
                tensor.Source(first, chunk);
                stream.Write(Encode(chunk, bytes, type));
            }
        }
    }

    private static void WriteHeader(FileStream stream, IReadOnlyList<TensorToWrite> tensors, TensorType type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, HeaderOptions))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", type.Name());
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += tensor.Count * type.Size();
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Padded with spaces so that the data is aligned to 8 bytes within the file.
        var length = (buffer.WrittenCount + 7) / 8 * 8;
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)length);
        stream.Write(prefix);
        stream.Write(buffer.WrittenSpan);
        for (var i = buffer.WrittenCount; i < length; i++)
        {
            stream.WriteByte((byte)' ');
        }
    }

    private static ReadOnlySpan<byte> Encode(ReadOnlySpan<float> values, byte[] buffer, TensorType type)
    {
        if (type == TensorType.F32)
        {
            return MemoryMarshal.AsBytes(values);
        }

        var halves = MemoryMarshal.Cast<byte, ushort>(buffer.AsSpan())[..values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            halves[i] = BFloat.FromSingle(values[i]);
        }

        return MemoryMarshal.AsBytes(halves);
    }
}
