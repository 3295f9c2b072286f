using System.Security.Cryptography;
using FineTune.Core.Streams;

namespace FineTune.Core.Artifacts;

/// <summary>A file of an artefact to publish; it need not exist but while it is read.</summary>
/// <param name="Name">Relative to the artefact's folder.</param>
/// <param name="Open">A stream that can seek and knows its length: storage may begin again. May be called more than once.</param>
public sealed record ArtifactContent(string Name, Func<Stream> Open)
{
    public static ArtifactContent Of(string name, byte[] content) => new(name, () => new MemoryStream(content, writable: false));
}

/// <summary>Hashes what passes through, so that content is read once. Going back to the start begins anew.</summary>
internal sealed class HashingStream(Stream inner) : ReadOnlyStream
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long hashed;

    public override bool CanSeek => true;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => Seek(value, SeekOrigin.Begin);
    }

    /// <summary>Lower-case SHA-256 of the whole content, all of which must have been read.</summary>
    public string Finish() => hashed == inner.Length
        ? Convert.ToHexStringLower(hash.GetHashAndReset())
        : throw new InvalidOperationException($"{hashed} of {inner.Length} bytes were read.");

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Add(buffer[..read]);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Add(buffer.Span[..read]);
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        if (offset != 0 || origin != SeekOrigin.Begin)
        {
            throw new NotSupportedException("Only going back to the start is possible.");
        }

        hash.GetHashAndReset();
        hashed = 0;
        return inner.Seek(0, SeekOrigin.Begin);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            hash.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        hash.AppendData(bytes);
        hashed += bytes.Length;
    }
}
