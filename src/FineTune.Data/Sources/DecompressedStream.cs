using System.IO.Compression;
using FineTune.Core.Streams;
using FineTune.Data.Datasets;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace FineTune.Data.Sources;

/// <summary>
/// The content of a compressed file, several members or frames one after the other. Whatever is wrong with it is an
/// <see cref="UnreadableFileException"/>: content that grows beyond <see cref="DatasetOptions"/>, damage, a missing end, and bytes behind it.
/// </summary>
internal sealed class DecompressedStream : AsyncReadStream
{
    private const int BlockBytes = 1 << 16;

    private readonly byte[] block = new byte[BlockBytes];
    private readonly GzipEnd? gzipEnd;
    private readonly CountedStream compressed;
    private readonly Stream content;
    private readonly DatasetOptions options;
    private long length;
    private bool isEnded;
    private int next;
    private int filled;

    /// <param name="inner">Disposed with this.</param>
    public DecompressedStream(Stream inner, Compression compression, DatasetOptions options)
    {
        this.options = options;
        compressed = new CountedStream(inner);
        if (compression == Compression.Gzip)
        {
            gzipEnd = new GzipEnd(compressed);
            content = new GZipStream(gzipEnd, CompressionMode.Decompress);
        }
        else
        {
            content = new DecompressionStream(compressed, leaveOpen: false);
        }
    }

    /// <remarks>In steps of its own, so that what is read of a broken file doesn't depend on the reader.</remarks>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (next == filled && !isEnded)
        {
            next = 0;
            filled = await FillAsync(cancellationToken);
            isEnded = filled == 0;
        }

        var count = Math.Min(buffer.Length, filled - next);
        block.AsMemory(next, count).CopyTo(buffer);
        next += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            content.Dispose();
            gzipEnd?.Dispose();
            compressed.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task<int> FillAsync(CancellationToken cancellationToken)
    {
        try
        {
            var read = await content.ReadAsync(block, cancellationToken);
            if (gzipEnd is not null && (read == 0 || gzipEnd.IsReached))
            {
                await gzipEnd.CheckAsync(content, block.AsMemory(0, read), cancellationToken);
                return 0;
            }

            length += read;
            CheckGrowth();
            return read;
        }
        catch (Exception broken) when (broken is EndOfStreamException || (broken is InvalidDataException && gzipEnd is { IsReached: true }))
        {
            throw GzipEnd.Missing(broken);
        }
        catch (ZstdException broken) when (broken.Code == ZSTD_ErrorCode.ZSTD_error_frameParameter_windowTooLarge)
        {
            throw new UnreadableFileException(
                ProblemCodes.CorruptCompression, "The file needs more memory to be decompressed than the 128 MiB allowed: it was made with --long, --ultra, or by no one.", broken);
        }
        catch (Exception broken) when (broken is InvalidDataException or ZstdException)
        {
            throw new UnreadableFileException(
                ProblemCodes.CorruptCompression, $"The file can't be decompressed after {length:N0} bytes of content: it is damaged, or not what its name says.", broken);
        }
    }

    private void CheckGrowth()
    {
        if (length > options.MaximumDecompressedBytes)
        {
            throw new UnreadableFileException(
                ProblemCodes.DecompressionBomb, $"The file holds more than the {options.MaximumDecompressedBytes:N0} bytes that are allowed of a compressed file.");
        }

        if (length > options.UncheckedExpansionBytes && length > compressed.Count * options.MaximumExpansion)
        {
            throw new UnreadableFileException(
                ProblemCodes.DecompressionBomb,
                $"The file's content is more than {options.MaximumExpansion:N0} times as long as the file, {length:N0} bytes from {compressed.Count:N0}.");
        }
    }

    /// <summary>How much was read.</summary>
    private sealed class CountedStream(Stream inner) : AsyncReadStream
    {
        public long Count { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Count += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
