using System.Buffers;

namespace FineTune.Data.Sources.Parquet;

/// <summary>A field that is kept.</summary>
/// <param name="Element">Of a list, the type of its elements.</param>
/// <param name="Shape">Of a struct or a list of structs.</param>
internal sealed record ThriftField(short Id, ThriftType Type, ThriftType Element = ThriftType.Stop, ThriftShape? Shape = null);

/// <summary>The fields of a struct that are kept; the types count as well as the ids.</summary>
internal sealed class ThriftShape(params ThriftField[] fields)
{
    private readonly Dictionary<short, ThriftField> fields = fields.ToDictionary(field => field.Id);

    public ThriftField? Find(short id, ThriftType type) =>
        fields.TryGetValue(id, out var field) && field.Type == (type == ThriftType.False ? ThriftType.True : type) ? field : null;
}

/// <summary>
/// Copies a struct, leaving out what isn't asked for. What comes out is whole and of the shape given, so that a reader which trusts its
/// input may read it.
/// </summary>
internal static class ThriftFilter
{
    public static void Copy(ref ThriftReader input, ThriftShape shape, IBufferWriter<byte> output)
    {
        for (short id = 0; input.Field(ref id, out var type);)
        {
            if (shape.Find(id, type) is not { } field)
            {
                input.Skip(type);
            }
            else if (field.Type != ThriftType.List)
            {
                ThriftWriter.Field(output, id, type);
                CopyValue(ref input, type, field.Shape, output);
            }
            else
            {
                CopyList(ref input, field, output);
            }
        }

        output.Write([(byte)ThriftType.Stop]);
    }

    private static void CopyList(ref ThriftReader input, ThriftField field, IBufferWriter<byte> output)
    {
        var size = input.List(out var element);
        if (element != field.Element && size > 0)
        {
            throw new InvalidDataException($"field {field.Id} is a list of something else");
        }

        ThriftWriter.Field(output, field.Id, ThriftType.List);
        output.Write([(byte)(0xf0 | (byte)field.Element)]);
        ThriftWriter.Varint(output, (ulong)size);
        for (; size > 0; size--)
        {
            CopyValue(ref input, field.Element, field.Shape, output);
        }
    }

    private static void CopyValue(ref ThriftReader input, ThriftType type, ThriftShape? shape, IBufferWriter<byte> output)
    {
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                break;
            case ThriftType.Byte:
                output.Write([input.Byte()]);
                break;
            case ThriftType.Int32:
                ThriftWriter.Zigzag(output, input.Int32());
                break;
            case ThriftType.Int16 or ThriftType.Int64:
                ThriftWriter.Varint(output, input.Varint());
                break;
            case ThriftType.Binary:
                var value = input.Binary();
                ThriftWriter.Varint(output, (ulong)value.Length);
                output.Write(value);
                break;
            default:
                Copy(ref input, shape!, output);
                break;
        }
    }
}

/// <summary>Writes what <see cref="ThriftReader"/> reads.</summary>
internal static class ThriftWriter
{
    public static void Field(IBufferWriter<byte> output, short id, ThriftType type)
    {
        output.Write([(byte)type]);
        Zigzag(output, id);
    }

    public static void Int32(IBufferWriter<byte> output, short id, int value)
    {
        Field(output, id, ThriftType.Int32);
        Zigzag(output, value);
    }

    public static void Zigzag(IBufferWriter<byte> output, long value) => Varint(output, (ulong)((value << 1) ^ (value >> 63)));

    public static void Varint(IBufferWriter<byte> output, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            output.Write([(byte)(value | 0x80)]);
        }

        output.Write([(byte)value]);
    }
}
