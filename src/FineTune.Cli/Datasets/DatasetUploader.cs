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

    /// <summary>The host's path of <paramref name="path"/>: uploaded when it is a file or folder here, otherwise as given.</summary>
    public async Task<string?> ResolveAsync(string option, string? path, CancellationToken cancellationToken) =>
        path is null || !LocalPath.IsMeant(option, path) ? path : await UploadAsync(path, cancellationToken);

    /// <summary>Uploads a file or a folder; the result is what a request names as its data.</summary>
    public async Task<string> UploadAsync(string path, CancellationToken cancellationToken)
    {
        var root = Path.GetFullPath(path);
        if (File.Exists(root))
        {
            var file = new FileInfo(root);
            return await SendAsync(file, $"uploads/{await HashAsync([(file, file.Name)], cancellationToken)}/{file.Name}", cancellationToken);
        }

        var folder = new DirectoryInfo(root);
        var files = Files(folder);
        if (files.Count == 0)
        {
            throw new UsageException($"The folder '{path}' holds no file.");
        }

        var prefix = $"uploads/{await HashAsync(files, cancellationToken)}/{folder.Name}/";
        var uploaded = "";
        var last = "";
        foreach (var (file, name) in files)
        {
            uploaded = await SendAsync(file, prefix + name, cancellationToken);
            last = name;
        }

        return uploaded[..^(last.Length + 1)];
    }

    private static List<(FileInfo File, string Name)> Files(DirectoryInfo folder) =>
    [
        .. folder.EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true })
            .Select(file => (File: file, Name: Path.GetRelativePath(folder.FullName, file.FullName).Replace(Path.DirectorySeparatorChar, '/')))
            .Where(file => !file.Name.Split('/').Any(part => part.StartsWith('.')))
            .OrderBy(file => file.Name, StringComparer.Ordinal),
    ];

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
