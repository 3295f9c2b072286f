using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using FineTune.Core.Storage;

namespace FineTune.Testing.Storage;

/// <summary>An <see cref="IBlobStore"/> for pure tests: atomic writes, ETags, conditional creation.</summary>
public sealed class InMemoryBlobStore(TimeProvider? time = null) : IBlobStore
{
    private readonly ConcurrentDictionary<BlobPath, Blob> blobs = new();
    private readonly TimeProvider clock = time ?? TimeProvider.System;
    private long version;

    /// <summary>Called before every write, creation and copy with its destination; throw to make the write fail.</summary>
    public Action<BlobPath> BeforeWrite { get; set; } = _ => { };

    public Task<BlobInfo?> FindAsync(BlobPath path, CancellationToken cancellationToken = default) =>
        Task.FromResult(blobs.TryGetValue(path, out var blob) ? InfoOf(path, blob) : null);

    public Task<Stream> OpenReadAsync(BlobPath path, CancellationToken cancellationToken = default) =>
        Task.FromResult<Stream>(new MemoryStream(Get(path).Content, writable: false));

    public async Task<BlobInfo> WriteAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default)
    {
        BeforeWrite(path);
        var blob = NewBlob(await ReadAsync(content, cancellationToken));
        blobs[path] = blob;
        return InfoOf(path, blob);
    }

    public async Task<bool> TryCreateAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default)
    {
        BeforeWrite(path);
        return blobs.TryAdd(path, NewBlob(await ReadAsync(content, cancellationToken)));
    }

    public Task AppendAsync(BlobPath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        BeforeWrite(path);
        blobs.AddOrUpdate(path, _ => NewBlob(content.ToArray()), (_, old) => NewBlob([.. old.Content, .. content.Span]));
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var found = blobs.Where(pair => pair.Key.Container == container && pair.Key.Name.StartsWith(prefix, StringComparison.Ordinal));
        foreach (var (path, blob) in found.OrderBy(pair => pair.Key.Name, StringComparer.Ordinal).ToList())
        {
            await Task.Yield();
            yield return InfoOf(path, blob);
        }
    }

    public Task<bool> DeleteAsync(BlobPath path, CancellationToken cancellationToken = default) =>
        Task.FromResult(blobs.TryRemove(path, out _));

    public Task CopyAsync(BlobPath source, BlobPath destination, CancellationToken cancellationToken = default)
    {
        BeforeWrite(destination);
        blobs[destination] = NewBlob(Get(source).Content);
        return Task.CompletedTask;
    }

    private static async Task<byte[]> ReadAsync(Stream content, CancellationToken cancellationToken)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        return copy.ToArray();
    }

    private static BlobInfo InfoOf(BlobPath path, Blob blob) => new(path, blob.Content.Length, blob.ETag, blob.LastModified);

    private Blob Get(BlobPath path) => blobs.TryGetValue(path, out var blob) ? blob : throw new BlobNotFoundException(path);

    private Blob NewBlob(byte[] content) =>
        new(content, Interlocked.Increment(ref version).ToString(CultureInfo.InvariantCulture), clock.GetUtcNow());

    private sealed record Blob(byte[] Content, string ETag, DateTimeOffset LastModified);
}
