using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using K4os.Compression.LZ4;
using ZstdSharp;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// Takes pages out of their compression, into exactly as many bytes as their headers promise: a page that lies about its size is found out
/// before memory is spent on it.
/// </summary>
internal static class PageCodec
{
    private const int None = 0;
    private const int Snappy = 1;
    private const int Gzip = 2;
    private const int Brotli = 4;
    private const int Lz4 = 5;
    private const int Zstandard = 6;
    private const int Lz4Raw = 7;

    /// <summary>The codecs of <c>parquet.thrift</c> that are read; LZO isn't.</summary>
    public static bool IsKnown(int codec) => codec is None or Snappy or Gzip or Brotli or Lz4 or Zstandard or Lz4Raw;

    /// <summary>Whether <paramref name="source"/> is just the content that fills <paramref name="destination"/>.</summary>
    public static bool TryDecompress(int codec, ReadOnlyMemory<byte> source, Span<byte> destination)
    {
        try
        {
            return codec switch
            {
                None => Copy(source.Span, destination),
                Snappy => SnappyBlock.TryDecode(source.Span, destination),
                Gzip => Inflate(source, destination),
                Brotli => BrotliDecoder.TryDecompress(source.Span, destination, out var written) && written == destination.Length,
                Zstandard => Unwrap(source.Span, destination),
                Lz4 => TryHadoop(source.Span, destination) || LZ4Codec.Decode(source.Span, destination) == destination.Length,
                Lz4Raw => LZ4Codec.Decode(source.Span, destination) == destination.Length,
                _ => false,
            };
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ArgumentException or ZstdException or EndOfStreamException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Copy(ReadOnlySpan<byte> source, Span<byte> destination) => source.Length == destination.Length && source.TryCopyTo(destination);

    private static bool Unwrap(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        using var decompressor = new Decompressor();
        return decompressor.Unwrap(source, destination) == destination.Length;
    }

    private static bool Inflate(ReadOnlyMemory<byte> source, Span<byte> destination)
    {
        var bytes = MemoryMarshal.TryGetArray(source, out var part) ? part : source.ToArray();
        using var inflated = new GZipStream(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), CompressionMode.Decompress);
        return inflated.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) == destination.Length && inflated.ReadByte() < 0;
    }

    /// <summary>The deprecated codec as Hadoop writes it: blocks with their sizes before them, big-endian.</summary>
    private static bool TryHadoop(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        while (source.Length >= 8)
        {
            var (plain, packed) = (BinaryPrimitives.ReadInt32BigEndian(source), BinaryPrimitives.ReadInt32BigEndian(source[4..]));
            source = source[8..];
            if (plain < 0 || plain > destination.Length || packed < 0 || packed > source.Length
                || LZ4Codec.Decode(source[..packed], destination[..plain]) != plain)
            {
                return false;
            }

            source = source[packed..];
            destination = destination[plain..];
        }

        return source.IsEmpty && destination.IsEmpty;
    }
}
