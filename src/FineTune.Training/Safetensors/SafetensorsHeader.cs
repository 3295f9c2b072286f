using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FineTune.Training.Safetensors;

/// <summary>
/// The JSON header of a safetensors file, checked: known types, spans that equal shape × element size, and no overlap or hole.
/// Format: https://github.com/huggingface/safetensors, section "Format".
/// </summary>
public sealed class SafetensorsHeader
{
    /// <summary>Longest header in bytes that is read, the original library's limit.</summary>
    public const long MaxLength = 100_000_000;

    private const string MetadataKey = "__metadata__";

    // The original library leaves names as they are too; escaping beyond JSON's need would only differ from it.
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private SafetensorsHeader(IReadOnlyList<TensorInfo> tensors, IReadOnlyDictionary<string, string> metadata) =>
        (Tensors, Metadata) = (tensors, metadata);

    /// <summary>In the order of their bytes.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads a header.</summary>
    /// <param name="json">The header's bytes without their length.</param>
    /// <param name="dataLength">Bytes that follow the header.</param>
    /// <param name="file">Named in errors.</param>
    public static SafetensorsHeader Parse(ReadOnlyMemory<byte> json, long dataLength, string file)
    {
        // The format allows trailing spaces only; the first byte must open the object.
        if (json.IsEmpty || json.Span[0] != (byte)'{')
        {
            throw SafetensorsError.InvalidHeader.At(file, "the header does not begin with '{'.");
        }

        try
        {
            using var document = JsonDocument.Parse(json);
            var names = new HashSet<string>(StringComparer.Ordinal);
            var tensors = new List<TensorInfo>();
            var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name))
                {
                    throw SafetensorsError.DuplicateName.At(file, $"'{property.Name}' stands twice in the header.");
                }

                if (property.NameEquals(MetadataKey))
                {
                    metadata = property.Value.Deserialize<Dictionary<string, string>>() ?? metadata;
                }
                else
                {
                    tensors.Add(ParseTensor(property, dataLength, file));
                }
            }

            tensors.Sort((left, right) => (left.Begin, left.End).CompareTo((right.Begin, right.End)));
            CheckContiguous(tensors, dataLength, file);
            return new SafetensorsHeader(tensors, metadata);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw SafetensorsError.InvalidHeader.At(file, $"the header is malformed: {malformed.Message}", malformed);
        }
    }

    /// <summary>The bytes before the data of a file of <paramref name="tensors"/>: the header's length and the header.</summary>
    internal static byte[] Format(IReadOnlyList<TensorToWrite> tensors, TensorType type)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.GetSpan(sizeof(ulong));
        buffer.Advance(sizeof(ulong));
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteStartObject(MetadataKey);
            json.WriteString("format", "pt");
            json.WriteEndObject();
            var offset = 0L;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", (tensor.Type ?? type).Name());
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += tensor.Count * (tensor.Type ?? type).Size();
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Padded with spaces so that the data is aligned to 8 bytes within the file.
        while (buffer.WrittenCount % 8 != 0)
        {
            buffer.Write(" "u8);
        }

        byte[] header = [.. buffer.WrittenSpan];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - sizeof(ulong)));
        return header;
    }

    private static TensorInfo ParseTensor(JsonProperty property, long dataLength, string file)
    {
        var value = property.Value;
        var typeName = value.GetProperty("dtype").GetString() ?? "null";
        if (!TensorTypes.TryParse(typeName, out var type))
        {
            throw SafetensorsError.UnknownType.At(file, $"'{property.Name}' has the unknown dtype '{typeName}'.");
        }

        long[] shape = [.. value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())];
        long[] offsets = [.. value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        if (offsets is not [var begin, var end])
        {
            throw SafetensorsError.InvalidHeader.At(file, $"'{property.Name}' has {offsets.Length} data_offsets instead of 2.");
        }

        if (begin < 0 || end < begin)
        {
            throw SafetensorsError.InvalidOffsets.At(file, $"'{property.Name}' has data_offsets [{begin}, {end}].");
        }

        var bytes = ByteLength(shape, type)
            ?? throw SafetensorsError.InvalidShape.At(file, $"'{property.Name}' has the shape [{string.Join(", ", shape)}].");
        if (bytes != end - begin)
        {
            throw SafetensorsError.SizeMismatch.At(
                file, $"'{property.Name}' needs {bytes} bytes for its shape and dtype, but its data_offsets span {end - begin}.");
        }

        return end <= dataLength
            ? new TensorInfo(property.Name, type, shape, begin, end)
            : throw SafetensorsError.Truncated.At(file, $"'{property.Name}' ends at byte {end} of the data, which has {dataLength}.");
    }

    private static long? ByteLength(long[] shape, TensorType type)
    {
        Int128 bytes = type.Size();
        foreach (var size in shape)
        {
            bytes *= size;
            if (size < 0 || bytes > long.MaxValue)
            {
                return null;
            }
        }

        return (long)bytes;
    }

    private static void CheckContiguous(List<TensorInfo> tensors, long dataLength, string file)
    {
        var end = 0L;
        foreach (var tensor in tensors)
        {
            if (tensor.Begin != end)
            {
                var what = tensor.Begin < end ? "overlaps the tensor before it" : $"leaves {tensor.Begin - end} bytes unused before it";
                throw SafetensorsError.OverlapOrHole.At(file, $"'{tensor.Name}' {what}.");
            }

            end = tensor.End;
        }

        if (end != dataLength)
        {
            throw SafetensorsError.OverlapOrHole.At(file, $"{dataLength - end} bytes after the last tensor belong to none.");
        }
    }
}
