using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Storage;

namespace FineTune.Core.Artifacts;

/// <summary>Folders of blobs sealed by a <see cref="Manifest"/>: written once, verified on reading, never seen half-written.</summary>
public sealed class ArtifactStore(IBlobStore blobs)
{
    private const int CopyBuffer = 1 << 20;

    /// <summary>The artefact at <paramref name="folder"/>, or null when it is absent or unfinished.</summary>
    public async Task<ArtifactRef?> FindAsync(BlobPath folder, CancellationToken cancellationToken = default)
    {
        var bytes = await ReadManifestBytesAsync(folder, cancellationToken);
        return bytes is null ? null : new ArtifactRef(folder, Hash(bytes));
    }

    /// <exception cref="ArtifactCorruptException">The manifest is gone or is not the one referred to.</exception>
    public async Task<Manifest> OpenAsync(ArtifactRef artifact, CancellationToken cancellationToken = default)
    {
        var bytes = await ReadManifestBytesAsync(artifact.Folder, cancellationToken)
            ?? throw new ArtifactCorruptException(artifact.Folder, "its manifest is missing");
        if (Hash(bytes) != artifact.Sha256)
        {
            throw new ArtifactCorruptException(artifact.Folder, "its manifest was replaced");
        }

        return JsonSerializer.Deserialize<Manifest>(bytes, WireJson.Options)
            ?? throw new ArtifactCorruptException(artifact.Folder, "its manifest is empty");
    }

    /// <summary>Publishes every file below <paramref name="directory"/>.</summary>
    /// <exception cref="FaultException">A file has the manifest's name.</exception>
    public Task<ArtifactRef> PublishAsync(
        string directory,
        BlobPath folder,
        string kind,
        IReadOnlyDictionary<string, string>? properties = null,
        CancellationToken cancellationToken = default)
    {
        var contents = Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
            .Select(path => new ArtifactContent(Path.GetRelativePath(directory, path).Replace('\\', '/'), () => File.OpenRead(path)));
        return PublishAsync([.. contents], folder, kind, properties, cancellationToken);
    }

    /// <summary>
    /// Uploads <paramref name="contents"/>, reading each once and in blocks, and seals the artefact. When another writer sealed the folder
    /// first, that artefact is returned and this one's content is not visible.
    /// </summary>
    /// <exception cref="FaultException">A file has the manifest's name.</exception>
    public async Task<ArtifactRef> PublishAsync(
        IReadOnlyList<ArtifactContent> contents,
        BlobPath folder,
        string kind,
        IReadOnlyDictionary<string, string>? properties = null,
        CancellationToken cancellationToken = default)
    {
        if (await FindAsync(folder, cancellationToken) is { } existing)
        {
            return existing;
        }

        var files = new List<ArtifactFile>();
        foreach (var (name, open) in contents.OrderBy(content => content.Name, StringComparer.Ordinal))
        {
            if (name == Manifest.FileName)
            {
                throw new FaultException(Fault.Caller(
                    "store_artifact", "file_name_reserved", $"The file {name} cannot be stored: its name is taken by the manifest. Remove or rename it."));
            }

            await using var content = new HashingStream(open());
            await blobs.WriteAsync(folder / name, content, cancellationToken);
            files.Add(new ArtifactFile(name, content.Length, content.Finish()));
        }

        return await SealAsync(folder, new Manifest(kind, files, properties ?? new Dictionary<string, string>()), cancellationToken);
    }

    /// <summary>Copies an artefact to another folder inside the store and seals it there.</summary>
    public async Task<ArtifactRef> CopyAsync(
        ArtifactRef source, BlobPath destination, Func<ArtifactFile, bool>? include = null, CancellationToken cancellationToken = default)
    {
        var manifest = await OpenAsync(source, cancellationToken);
        var files = manifest.Files.Where(include ?? (_ => true)).ToList();
        foreach (var file in files)
        {
            await blobs.CopyAsync(source.Folder / file.Name, destination / file.Name, cancellationToken);
        }

        return await SealAsync(destination, manifest with { Files = files }, cancellationToken);
    }

    /// <summary>
    /// Downloads the artefact into <paramref name="directory"/>, verifying lengths and hashes. Files already there with the right hash stay.
    /// </summary>
    /// <exception cref="ArtifactCorruptException">A file is missing or differs from the manifest.</exception>
    public async Task<Manifest> DownloadAsync(
        ArtifactRef artifact, string directory, Func<ArtifactFile, bool>? include = null, CancellationToken cancellationToken = default)
    {
        var manifest = await OpenAsync(artifact, cancellationToken);
        var root = Path.GetFullPath(directory);
        foreach (var file in manifest.Files.Where(include ?? (_ => true)))
        {
            var target = Path.GetFullPath(Path.Combine(root, file.Name));
            if (!target.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new ArtifactCorruptException(artifact.Folder, $"file name '{file.Name}' leaves the folder");
            }

            if (!await IsIntactAsync(target, file, cancellationToken))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                await DownloadFileAsync(artifact.Folder, file, target, cancellationToken);
            }
        }

        return manifest;
    }

    /// <summary>Seals files that are already in the folder. The first writer wins.</summary>
    public async Task<ArtifactRef> SealAsync(BlobPath folder, Manifest manifest, CancellationToken cancellationToken = default)
    {
        await blobs.TryCreateJsonAsync(folder / Manifest.FileName, manifest, cancellationToken);
        return await FindAsync(folder, cancellationToken) ?? throw new ArtifactCorruptException(folder, "its manifest vanished");
    }

    private async Task DownloadFileAsync(BlobPath folder, ArtifactFile file, string target, CancellationToken cancellationToken)
    {
        var partial = target + ".partial";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(CopyBuffer);
        try
        {
            await using (var source = await blobs.OpenReadAsync(folder / file.Name, cancellationToken))
            await using (var output = File.Create(partial))
            {
                for (int read; (read = await source.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    hash.AppendData(buffer, 0, read);
                    await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }
            }
        }
        catch (BlobNotFoundException)
        {
            throw new ArtifactCorruptException(folder, $"file '{file.Name}' is missing");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != file.Sha256)
        {
            File.Delete(partial);
            throw new ArtifactCorruptException(folder, $"file '{file.Name}' differs from its manifest");
        }

        File.Move(partial, target, overwrite: true);
    }

    private static async Task<bool> IsIntactAsync(string path, ArtifactFile file, CancellationToken cancellationToken)
    {
        var info = new FileInfo(path);
        if (!info.Exists || info.Length != file.Length)
        {
            return false;
        }

        await using var content = info.OpenRead();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) == file.Sha256;
    }

    private async Task<byte[]?> ReadManifestBytesAsync(BlobPath folder, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await blobs.OpenReadAsync(folder / Manifest.FileName, cancellationToken);
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy, cancellationToken);
            return copy.ToArray();
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>An artefact is not what its manifest says.</summary>
public sealed class ArtifactCorruptException(BlobPath folder, string reason)
    : IOException($"The artefact {folder} cannot be used: {reason}.");
