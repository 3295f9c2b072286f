using System.IO.Compression;
using FineTune.Data.Datasets;
using ZstdSharp;

namespace FineTune.Data.Sources;

/// <summary>
/// The content of a compressed file, several members or frames one after the other. Whatever is wrong with it is an
/// <see cref="UnreadableFileException"/>: content that grows beyond <see cref="DatasetOptions"/>, damage, a missing end, and bytes behind it.
/// </summary>
internal sealed class DecompressedStream : ReadOnlyStream
{
    private readonly GzipEnd? gzipEnd;
    private readonly CountedStream compressed;
    private readonly Stream content;
    private readonly DatasetOptions options;
    private long length;
    private bool isEnded;

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

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (isEnded)
        {
            return 0;
        }

        try
        {
            var read = await content.ReadAsync(buffer, cancellationToken);
            if (gzipEnd is not null && (read == 0 || gzipEnd.IsReached))
            {
                await gzipEnd.CheckAsync(content, buffer[..read], cancellationToken);
                isEnded = true;
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
        catch (Exception broken) when (broken is InvalidDataException or ZstdException)
        {
            throw new UnreadableFileException(
                ProblemCodes.CorruptCompression, $"The file can't be decompressed after {length:N0} bytes of content: it is damaged, or not what its name says.", broken);
        }
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
    private sealed class CountedStream(Stream inner) : ReadOnlyStream
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
