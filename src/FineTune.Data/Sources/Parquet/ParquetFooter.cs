using System.Buffers;
using System.Buffers.Binary;
using Parquet;
using Parquet.Meta;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// Reads a file's metadata with the library, which trusts what it reads: it goes on for ever where the metadata ends early, and skips what
/// it doesn't know wrongly. So it is given what <see cref="ThriftFilter"/> makes of the file's.
/// </summary>
internal static class ParquetFooter
{
    private const int TailBytes = 8;

    /// <param name="file">Seekable.</param>
    /// <param name="decoder">What the reader reads from, also afterwards.</param>
    /// <exception cref="UnreadableFileException">It is no Parquet file, encrypted or damaged.</exception>
    public static async Task<ParquetReader> ReadAsync(Stream file, DecoderStream decoder, CancellationToken cancellationToken)
    {
        var footer = Clean(await ReadBytesAsync(file, cancellationToken));
        var content = new byte[footer.Length + TailBytes];
        footer.Span.CopyTo(content);
        BinaryPrimitives.WriteInt32LittleEndian(content.AsSpan(footer.Length), footer.Length);
        "PAR1"u8.CopyTo(content.AsSpan(footer.Length + 4));
        decoder.Show(content);
        try
        {
            var reader = await ParquetReader.CreateAsync(
                decoder, new ParquetOptions { TreatBigIntegersAsDates = false }, leaveStreamOpen: true, cancellationToken);
            return reader.Metadata is { Schema.Count: > 1 } ? reader : throw ParquetErrors.Damaged("it has no columns");
        }
        catch (Exception refused) when (refused is not (OperationCanceledException or UnreadableFileException))
        {
            throw ParquetErrors.Damaged("its metadata can't be understood", refused);
        }
    }

    private static async Task<byte[]> ReadBytesAsync(Stream file, CancellationToken cancellationToken)
    {
        var length = file.Length;
        if (length < TailBytes + 4)
        {
            throw ParquetErrors.Damaged($"it has {length} bytes, which is less than a Parquet file can have");
        }

        var tail = new byte[TailBytes];
        await ReadAsync(file, length - TailBytes, tail, cancellationToken);
        if (tail.AsSpan(4).SequenceEqual("PARE"u8))
        {
            throw ParquetErrors.Unsupported("it is encrypted. Write it without encryption");
        }

        if (!tail.AsSpan(4).SequenceEqual("PAR1"u8))
        {
            throw ParquetErrors.Damaged("it doesn't end as Parquet files do; it may have been cut off");
        }

        var size = BinaryPrimitives.ReadInt32LittleEndian(tail);
        if (size <= 0 || size > length - TailBytes - 4 || size > ParquetLimits.FooterBytes)
        {
            throw ParquetErrors.Damaged($"its metadata is said to have {size} bytes");
        }

        var footer = new byte[size];
        await ReadAsync(file, length - TailBytes - size, footer, cancellationToken);
        return footer;
    }

    private static async Task ReadAsync(Stream file, long offset, byte[] buffer, CancellationToken cancellationToken)
    {
        file.Position = offset;
        if (await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) < buffer.Length)
        {
            throw ParquetErrors.Damaged("it ends before its length says");
        }
    }

    private static ReadOnlyMemory<byte> Clean(byte[] footer)
    {
        try
        {
            var reader = new ThriftReader(footer);
            var clean = new ArrayBufferWriter<byte>(footer.Length);
            ThriftFilter.Copy(ref reader, ParquetShapes.FileMetaData, clean);
            CheckSchema(clean.WrittenSpan);
            return clean.WrittenMemory;
        }
        catch (Exception broken) when (broken is EndOfStreamException or InvalidDataException)
        {
            throw ParquetErrors.Damaged("its metadata is cut off or overwritten", broken);
        }
    }

    /// <summary>The schema is a tree in depth-first order: every group must have its children, and none may lie too deep.</summary>
    private static void CheckSchema(ReadOnlySpan<byte> metadata)
    {
        var reader = new ThriftReader(metadata);
        for (short id = 0; reader.Field(ref id, out var type);)
        {
            if (id != ParquetShapes.SchemaField)
            {
                reader.Skip(type);
                continue;
            }

            var missing = new Stack<int>([1]);
            var fields = reader.List(out _);
            for (var left = fields; left > 0; left--)
            {
                var children = ReadChildren(ref reader);
                while (missing.Count > 0 && missing.Peek() == 0)
                {
                    missing.Pop();
                }

                if (missing.Count == 0 || missing.Count > ParquetLimits.SchemaDepth || children < 0 || children > fields || fields > ParquetLimits.SchemaFields)
                {
                    throw new InvalidDataException("the schema is no tree, or too large");
                }

                missing.Push(missing.Pop() - 1);
                missing.Push(children);
            }

            if (missing.Any(count => count > 0))
            {
                throw new InvalidDataException("the schema lacks fields");
            }
        }
    }

    private static int ReadChildren(ref ThriftReader reader)
    {
        var children = 0;
        for (short id = 0; reader.Field(ref id, out var type);)
        {
            if (id == ParquetShapes.ChildrenField)
            {
                children = reader.Int32();
            }
            else
            {
                reader.Skip(type);
            }
        }

        return children;
    }
}
