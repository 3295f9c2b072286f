using System.IO.Compression;
using System.Security.Cryptography;
using FineTune.Core.Streams;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>
/// Tells whether a gzip file ends where it should, which <see cref="GZipStream"/> doesn't: a cut file or bytes behind its end are an end to
/// it like any other. Behind the file follows one more member with content that nobody can know; it is the file's end only if it comes
/// out as such.
/// </summary>
internal sealed class GzipEnd(Stream inner) : AsyncReadStream
{
    private const int MarkBytes = 16;

    private readonly byte[] mark = RandomNumberGenerator.GetBytes(MarkBytes);
    private MemoryStream? member;

    /// <summary>Whether the file's own bytes are used up, so that further content isn't the file's.</summary>
    public bool IsReached => member is not null;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = IsReached ? 0 : await inner.ReadAsync(buffer, cancellationToken);
        return read > 0 || buffer.IsEmpty ? read : (member ??= MarkMember()).Read(buffer.Span);
    }

    /// <param name="content">What this is decompressed to.</param>
    /// <param name="beginning">What was read of it already.</param>
    /// <exception cref="UnreadableFileException">The file has no end, or goes on behind it.</exception>
    public async Task CheckAsync(Stream content, ReadOnlyMemory<byte> beginning, CancellationToken cancellationToken)
    {
        var rest = new byte[MarkBytes + 1];
        var count = Math.Min(beginning.Length, rest.Length);
        beginning[..count].CopyTo(rest);
        count += await content.ReadAtLeastAsync(rest.AsMemory(count), rest.Length - count, throwOnEndOfStream: false, cancellationToken);
        if (!IsReached)
        {
            throw new UnreadableFileException(ProblemCodes.CorruptCompression, "The file goes on after the end of its gzip data.");
        }

        if (!rest.AsSpan(0, count).SequenceEqual(mark))
        {
            throw Missing(null);
        }
    }

    public static UnreadableFileException Missing(Exception? inner) => new(
        ProblemCodes.TruncatedFile, "The compressed file ends in the middle: it was cut off.", inner);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            member?.Dispose();
        }

        base.Dispose(disposing);
    }

    private MemoryStream MarkMember()
    {
        var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(mark);
        }

        bytes.Position = 0;
        return bytes;
    }
}
