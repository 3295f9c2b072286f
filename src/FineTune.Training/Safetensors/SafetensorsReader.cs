using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace FineTune.Training.Safetensors;

/// <summary>A memory-mapped safetensors file.</summary>
public sealed unsafe class SafetensorsReader : IDisposable
{
    private readonly MemoryMappedFile mapping;
    private readonly MemoryMappedViewAccessor view;
    private readonly byte* data;
    private readonly string file;
    private readonly Dictionary<string, TensorInfo> tensors;

    private SafetensorsReader(string file, SafetensorsHeader header, long dataOffset)
    {
        this.file = file;
        Header = header;
        tensors = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        mapping = MemoryMappedFile.CreateFromFile(file, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        view = mapping.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        data = start + view.PointerOffset + dataOffset;
    }

    public SafetensorsHeader Header { get; }

    /// <summary>Opens <paramref name="file"/> and checks its header; see <see cref="SafetensorsError"/> for what can be wrong.</summary>
    public static SafetensorsReader Open(string file)
    {
        using var stream = File.OpenRead(file);
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
        {
            throw SafetensorsError.Truncated.At(file, "the file ends within the 8 bytes of the header's length.");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)SafetensorsHeader.MaxLength)
        {
            throw SafetensorsError.HeaderTooLarge.At(file, $"the header claims {length} bytes, more than {SafetensorsHeader.MaxLength}.");
        }

        if ((long)length > stream.Length - 8)
        {
            throw SafetensorsError.Truncated.At(file, $"the header claims {length} bytes; {stream.Length - 8} follow.");
        }

        var json = new byte[length];
        stream.ReadExactly(json);
        var header = SafetensorsHeader.Parse(json, stream.Length - 8 - json.Length, file);
        return new SafetensorsReader(file, header, 8 + json.Length);
    }

    /// <summary>Reads elements <paramref name="first"/> … of a F32, F16, BF16 or U8 tensor as single precision, as many as fit.</summary>
    /// <exception cref="Core.Faults.FaultException">The tensor is of another type.</exception>
    public void Read(string name, long first, Span<float> destination)
    {
        var tensor = tensors[name];
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + destination.Length, tensor.Count);
        var source = new ReadOnlySpan<byte>(data + tensor.Begin + (first * tensor.Type.Size()), destination.Length * tensor.Type.Size());
        switch (tensor.Type)
        {
            case TensorType.F32:
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case TensorType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(source);
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = (float)halves[i];
                }

                break;
            case TensorType.BF16:
                var bits = MemoryMarshal.Cast<byte, ushort>(source);
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = BFloat.ToSingle(bits[i]);
                }

                break;
            case TensorType.U8:
                for (var i = 0; i < destination.Length; i++)
                {
                    destination[i] = source[i];
                }

                break;
            default:
                throw SafetensorsError.UnsupportedType.At(
                    file, $"'{name}' holds {tensor.Type.Name()}; values are read from F32, F16, BF16 or U8.");
        }

        MappedPages.Release(data + tensor.Begin + (first * tensor.Type.Size()), source.Length);
    }

    /// <summary><see cref="Read(string, long, Span{float})"/> of weights or moments, which must be numbers.</summary>
    /// <exception cref="Core.Faults.FaultException">The tensor is of another type, or an element is NaN or infinite.</exception>
    public void ReadFinite(string name, long first, Span<float> destination)
    {
        Read(name, first, destination);
        if (FiniteCheck.FirstOther(destination) is var at and >= 0)
        {
            throw SafetensorsError.NotFinite.At(file, $"element {first + at} of '{name}' is {destination[at]}.");
        }
    }

    /// <summary>All elements of a tensor that fits in an array.</summary>
    public float[] Read(string name)
    {
        var values = new float[tensors[name].Count];
        Read(name, 0, values);
        return values;
    }

    public void Dispose()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        mapping.Dispose();
    }
}
