namespace FineTune.Data.Sources.Parquet;

/// <summary>Types of fields in Thrift's compact protocol.</summary>
internal enum ThriftType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    Int16 = 4,
    Int32 = 5,
    Int64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>
/// Reads Thrift's compact protocol from bytes that nobody vouches for: every length is held against what is left, and nesting is bounded.
/// </summary>
/// <exception cref="EndOfStreamException">The bytes end before what they hold.</exception>
/// <exception cref="InvalidDataException">They are no compact protocol.</exception>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int MaximumDepth = 24;

    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    public byte Byte() => Position < bytes.Length ? bytes[Position++] : throw new EndOfStreamException();

    public ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = Byte();
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw new InvalidDataException("a number goes on for more than ten bytes");
    }

    public long Zigzag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    public int Int32() => Zigzag() is >= int.MinValue and <= int.MaxValue and var value ? (int)value : throw new InvalidDataException("a number is out of range");

    public ReadOnlySpan<byte> Binary() => Take(Varint());

    public ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(bytes.Length - Position))
        {
            throw new EndOfStreamException();
        }

        Position += (int)length;
        return bytes.Slice(Position - (int)length, (int)length);
    }

    /// <summary>The next field of a struct; false behind the last one.</summary>
    /// <param name="id">The field before; 0 at the beginning.</param>
    public bool Field(ref short id, out ThriftType type)
    {
        var header = Byte();
        type = (ThriftType)(header & 0x0f);
        if (type == ThriftType.Stop)
        {
            return false;
        }

        id = header >> 4 is > 0 and var step ? (short)(id + step) : (short)Zigzag();
        return true;
    }

    /// <summary>How many elements follow; each takes a byte at least.</summary>
    public int List(out ThriftType element)
    {
        var header = Byte();
        element = (ThriftType)(header & 0x0f);
        var size = header >> 4 == 15 ? Varint() : (ulong)(header >> 4);
        return size <= (ulong)(bytes.Length - Position) ? (int)size : throw new EndOfStreamException();
    }

    public void Skip(ThriftType type, bool inList = false, int depth = 0)
    {
        if (depth > MaximumDepth)
        {
            throw new InvalidDataException("it is nested too deeply");
        }

        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                Take(inList ? 1u : 0u);
                break;
            case ThriftType.Byte:
                Byte();
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                Varint();
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                Binary();
                break;
            case ThriftType.List or ThriftType.Set:
                for (var left = List(out var element); left > 0; left--)
                {
                    Skip(element, inList: true, depth + 1);
                }

                break;
            case ThriftType.Map:
                SkipMap(depth);
                break;
            case ThriftType.Struct:
                for (short id = 0; Field(ref id, out var field);)
                {
                    Skip(field, inList: false, depth + 1);
                }

                break;
            default:
                throw new InvalidDataException($"there is no type {(byte)type}");
        }
    }

    private void SkipMap(int depth)
    {
        var size = Varint();
        if (size == 0)
        {
            return;
        }

        var types = Byte();
        for (; size > 0; size--)
        {
            Skip((ThriftType)(types >> 4), inList: true, depth + 1);
            Skip((ThriftType)(types & 0x0f), inList: true, depth + 1);
        }
    }
}
