namespace FineTune.Core.Storage;

/// <summary>What storage says of a blob.</summary>
public sealed record BlobInfo(BlobPath Path, long Length, string ETag, DateTimeOffset LastModified);

/// <summary>Object storage as the service needs it. All members are safe to repeat.</summary>
public interface IBlobStore
{
    /// <summary>The blob's properties, or null when there is none.</summary>
    Task<BlobInfo?> FindAsync(BlobPath path, CancellationToken cancellationToken = default);

    /// <exception cref="BlobNotFoundException">There is no such blob.</exception>
    Task<Stream> OpenReadAsync(BlobPath path, CancellationToken cancellationToken = default);

    /// <summary>The blob's bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="BlobNotFoundException">There is no such blob.</exception>
    async Task<Stream> OpenReadAsync(BlobPath path, long offset, CancellationToken cancellationToken = default)
    {
        var stream = await OpenReadAsync(path, cancellationToken);
        var skipped = new byte[Math.Min(offset, 1 << 16)];
        for (var left = offset; left > 0;)
        {
            var read = await stream.ReadAsync(skipped.AsMemory(0, (int)Math.Min(left, skipped.Length)), cancellationToken);
            left = read == 0 ? 0 : left - read;
        }

        return stream;
    }

    /// <summary>Writes a whole blob; readers see the old content or the new, never a part.</summary>
    Task<BlobInfo> WriteAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Writes a whole blob unless one is there (If-None-Match: *); false when one was.</summary>
    Task<bool> TryCreateAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default);

    /// <summary>Appends to an append blob, creating it first. At most 4 MiB a call.</summary>
    Task AppendAsync(BlobPath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>Blobs whose name begins with <paramref name="prefix"/>, in name order; none where there is no such container.</summary>
    IAsyncEnumerable<BlobInfo> ListAsync(string container, string prefix, CancellationToken cancellationToken = default);

    /// <summary>False when there was none.</summary>
    Task<bool> DeleteAsync(BlobPath path, CancellationToken cancellationToken = default);

    /// <summary>Copies within the account without the bytes passing through here; overwrites.</summary>
    Task CopyAsync(BlobPath source, BlobPath destination, CancellationToken cancellationToken = default);
}

/// <summary>There is no blob at <paramref name="path"/>.</summary>
public sealed class BlobNotFoundException(BlobPath path) : IOException($"There is no blob {path}.")
{
    public BlobPath Path { get; } = path;
}
