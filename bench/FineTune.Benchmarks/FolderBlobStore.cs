using System.Globalization;
using System.Runtime.CompilerServices;
using FineTune.Core.Storage;

namespace FineTune.Benchmarks;

/// <summary>Blobs as files: storage that is no part of the process whose memory is measured.</summary>
internal sealed class FolderBlobStore(string root) : IBlobStore
{
    private readonly Lock gate = new();

    public Task<BlobInfo?> FindAsync(BlobPath path, CancellationToken cancellationToken = default) => Task.FromResult(Describe(File(path), path));

    public Task<Stream> OpenReadAsync(BlobPath path, CancellationToken cancellationToken = default)
    {
        try
        {
            return Task.FromResult<Stream>(File(path).OpenRead());
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromException<Stream>(new BlobNotFoundException(path));
        }
    }

    public Task<BlobInfo> WriteAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default) =>
        Task.FromResult(Store(path, content, FileMode.Create)!);

    public Task<bool> TryCreateAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default) =>
        Task.FromResult(Store(path, content, FileMode.CreateNew) is not null);

    public Task AppendAsync(BlobPath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        using var stream = new MemoryStream(content.ToArray());
        Store(path, stream, FileMode.Append);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        var folder = Path.Combine(root, container);
        var below = Path.GetDirectoryName(Path.Combine(folder, prefix))!;
        if (!Directory.Exists(below))
        {
            yield break;
        }

        foreach (var file in new DirectoryInfo(below).GetFiles("*", SearchOption.AllDirectories).OrderBy(file => file.FullName, StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(folder, file.FullName);
            if (name.StartsWith(prefix, StringComparison.Ordinal) && Describe(file, new BlobPath(container, name)) is { } found)
            {
                yield return found;
            }
        }
    }

    public Task<bool> DeleteAsync(BlobPath path, CancellationToken cancellationToken = default)
    {
        lock (gate)
        {
            var file = File(path);
            var exists = file.Exists;
            file.Delete();
            return Task.FromResult(exists);
        }
    }

    public async Task CopyAsync(BlobPath source, BlobPath destination, CancellationToken cancellationToken = default)
    {
        await using var content = await OpenReadAsync(source, cancellationToken);
        await WriteAsync(destination, content, cancellationToken);
    }

    private static BlobInfo? Describe(FileInfo file, BlobPath path) => file.Exists
        ? new BlobInfo(path, file.Length, file.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture), file.LastWriteTimeUtc)
        : null;

    private FileInfo File(BlobPath path) => new(Path.Combine(root, path.Container, path.Name));

    private BlobInfo? Store(BlobPath path, Stream content, FileMode mode)
    {
        lock (gate)
        {
            var file = File(path);
            if (mode == FileMode.CreateNew && file.Exists)
            {
                return null;
            }

            // Readers keep what they have opened.
            var target = mode == FileMode.Append ? file : new FileInfo(file.FullName + ".partial");
            file.Directory!.Create();
            using (var stream = target.Open(mode == FileMode.Append ? mode : FileMode.Create, FileAccess.Write))
            {
                content.CopyTo(stream);
            }

            if (target != file)
            {
                target.MoveTo(file.FullName, overwrite: true);
            }

            file.Refresh();
            return Describe(file, path);
        }
    }
}
