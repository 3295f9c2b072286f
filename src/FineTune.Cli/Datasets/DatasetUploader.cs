using System.Security.Cryptography;
using System.Text;
using FineTune.Cli.Hosting;

namespace FineTune.Cli.Datasets;

/// <param name="File">Name of the file being sent.</param>
/// <param name="Sent">Bytes so far, of <paramref name="Total"/> of this file.</param>
public sealed record UploadProgress(string File, long Sent, long Total)
{
    public bool IsComplete => Sent >= Total;
}

/// <summary>
/// Brings local data sets to the host. What is uploaded lies below a hash of its content, so the same data twice is one data set and changed
/// data never replaces what a run has read.
/// </summary>
public sealed class DatasetUploader(HostClient host, Action<UploadProgress> report)
{
    private const int HashLetters = 16;

    /// <summary>The host's path of <paramref name="path"/>: uploaded when it is a file, folder or pattern here, otherwise as given.</summary>
    public async Task<string?> ResolveAsync(string option, string? path, CancellationToken cancellationToken) =>
        path is null || !LocalPath.IsMeant(option, path) ? path : await UploadAsync(path, cancellationToken);

    /// <summary>Uploads a file, a folder, or of a folder what a pattern matches; the result is what a request names as its data.</summary>
    public async Task<string> UploadAsync(string path, CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(path);
        if (File.Exists(root))
        {
            var file = new FileInfo(root);
            return await SendAsync(file, $"uploads/{await HashAsync([(file, file.Name)], cancellationToken)}/{file.Name}", cancellationToken);
        }

        // Of a table the log is what counts: without it, files of old versions would be read.
        if ((LocalTable.IsHere(root) ? LocalFiles.All(root) : LocalFiles.Find(path)) is not { Files: [_, ..] } found)
        {
            throw new UsageException($"'{path}' holds no file.");
        }

        if (found.Files.FirstOrDefault(file => file.IsLink) is { } link)
        {
            throw new UsageException($"'{link.Name}' in '{path}' is a symbolic link, which isn't followed. Put the file itself there.");
        }

        var files = found.Files.Select(file => (File: new FileInfo(file.FullName), file.Name)).ToList();
        var prefix = $"uploads/{await HashAsync(files, cancellationToken)}/{new DirectoryInfo(found.Folder).Name}/";
        var uploaded = "";
        var last = "";
        foreach (var (file, name) in files)
        {
            uploaded = await SendAsync(file, prefix + name, cancellationToken);
            last = name;
        }

        return uploaded[..^(last.Length + 1)];
    }

    private async Task<string> SendAsync(FileInfo file, string path, CancellationToken cancellationToken)
    {
        using var content = new FileContent(file, sent => report(new UploadProgress(file.Name, sent, file.Length)));
        return (await host.UploadAsync(path, content, cancellationToken)).Path;
    }

    private static async Task<string> HashAsync(List<(FileInfo File, string Name)> files, CancellationToken cancellationToken)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (file, name) in files)
        {
            await using var stream = file.OpenRead();
            all.AppendData(Encoding.UTF8.GetBytes(name + "\n"));
            all.AppendData(await SHA256.HashDataAsync(stream, cancellationToken));
        }

        return Convert.ToHexStringLower(all.GetHashAndReset())[..HashLetters];
    }
}
