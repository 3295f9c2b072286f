using System.Runtime.InteropServices;
using FineTune.Core.Streams;

namespace FineTune.Training.Safetensors;

/// <summary>
/// A safetensors file that is made as it is read, at any place, so that weights go from memory to a file or a blob without a copy of the
/// whole. Equal tensors in equal order give equal bytes.
/// </summary>
public sealed class SafetensorsStream : ReadOnlyStream
{
    private const int ConvertedElements = 2048;

    private readonly IReadOnlyList<TensorToWrite> tensors;
    private readonly TensorType[] types;
    private readonly byte[] header;
    private readonly long[] ends;

    /// <param name="tensors">In the file's order.</param>
    /// <param name="type">Of tensors that name none.</param>
    public SafetensorsStream(IReadOnlyList<TensorToWrite> tensors, TensorType type = TensorType.F32)
    {
        types = [.. tensors.Select(tensor => tensor.Type ?? type)];
        if (types.Any(each => each is not (TensorType.F32 or TensorType.BF16 or TensorType.U8)))
        {
            throw new ArgumentOutOfRangeException(nameof(type), type, "Tensors are written as F32, BF16 or U8.");
        }

        this.tensors = tensors;
        header = SafetensorsHeader.Format(tensors, type);
        ends = new long[tensors.Count];
        var end = (long)header.Length;
        for (var i = 0; i < ends.Length; i++)
        {
            ends[i] = end += tensors[i].Count * types[i].Size();
        }

        Length = end;
    }

    public override bool CanSeek => true;

    public override long Length { get; }

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Math.Max(0, Length - Position));
        for (var done = 0; done < wanted;)
        {
            var read = ReadPart(buffer[done..wanted]);
            done += read;
            Position += read;
        }

        return wanted;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <summary>Of the header or of one tensor, at least a byte.</summary>
    private int ReadPart(Span<byte> buffer)
    {
        if (Position < header.Length)
        {
            var rest = header.AsSpan((int)Position);
            rest = rest[..Math.Min(rest.Length, buffer.Length)];
            rest.CopyTo(buffer);
            return rest.Length;
        }

        var found = Array.BinarySearch(ends, Position);
        var index = found < 0 ? ~found : found + 1;
        while (ends[index] == Position)
        {
            index++;
        }

        var type = types[index];
        var start = ends[index] - (tensors[index].Count * type.Size());
        var (first, skipped) = Math.DivRem(Position - start, type.Size());
        buffer = buffer[..(int)Math.Min(buffer.Length, ends[index] - Position)];
        return skipped == 0 && buffer.Length >= type.Size()
            ? ReadElements(tensors[index].Source, type, first, buffer)
            : ReadWithin(tensors[index].Source, type, first, (int)skipped, buffer);
    }

    /// <summary>Whole elements.</summary>
    private static int ReadElements(TensorSource source, TensorType type, long first, Span<byte> buffer)
    {
        var count = buffer.Length / type.Size();
        if (type == TensorType.F32)
        {
            source(first, MemoryMarshal.Cast<byte, float>(buffer)[..count]);
            return count * sizeof(float);
        }

        Span<float> values = stackalloc float[Math.Min(count, ConvertedElements)];
        source(first, values);
        if (type == TensorType.U8)
        {
            for (var i = 0; i < values.Length; i++)
            {
                buffer[i] = (byte)values[i];
            }

            return values.Length;
        }

        var halves = MemoryMarshal.Cast<byte, ushort>(buffer);
        for (var i = 0; i < values.Length; i++)
        {
            halves[i] = BFloat.FromSingle(values[i]);
        }

        return values.Length * sizeof(ushort);
    }

    /// <summary>Bytes of one element that a read begins or ends in the middle of.</summary>
    private static int ReadWithin(TensorSource source, TensorType type, long first, int skipped, Span<byte> buffer)
    {
        Span<byte> element = stackalloc byte[type.Size()];
        ReadElements(source, type, first, element);
        var part = element[skipped..Math.Min(type.Size(), skipped + buffer.Length)];
        part.CopyTo(buffer);
        return part.Length;
    }
}
