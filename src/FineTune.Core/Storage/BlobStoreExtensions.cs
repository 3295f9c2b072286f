using System.Text;
using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.Core.Storage;

/// <summary>JSON and text on top of <see cref="IBlobStore"/>.</summary>
public static class BlobStoreExtensions
{
    /// <summary>The blob as <typeparamref name="T"/>, or null when there is no blob.</summary>
    public static async Task<T?> ReadJsonAsync<T>(this IBlobStore blobs, BlobPath path, CancellationToken cancellationToken = default)
        where T : class
    {
        try
        {
            await using var stream = await blobs.OpenReadAsync(path, cancellationToken);
            return await JsonSerializer.DeserializeAsync<T>(stream, WireJson.Options, cancellationToken);
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }

    public static async Task<BlobInfo> WriteJsonAsync<T>(
        this IBlobStore blobs, BlobPath path, T value, CancellationToken cancellationToken = default)
    {
        using var content = ToJson(value);
        return await blobs.WriteAsync(path, content, cancellationToken);
    }

    /// <summary>False when a blob was there already; it is left as it was.</summary>
    public static async Task<bool> TryCreateJsonAsync<T>(
        this IBlobStore blobs, BlobPath path, T value, CancellationToken cancellationToken = default)
    {
        using var content = ToJson(value);
        return await blobs.TryCreateAsync(path, content, cancellationToken);
    }

    public static async Task<string?> ReadTextAsync(this IBlobStore blobs, BlobPath path, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var stream = await blobs.OpenReadAsync(path, cancellationToken);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return await reader.ReadToEndAsync(cancellationToken);
        }
        catch (BlobNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Deletes every blob below <paramref name="folder"/>; returns how many there were.</summary>
    public static async Task<int> DeleteFolderAsync(this IBlobStore blobs, BlobPath folder, CancellationToken cancellationToken = default)
    {
        var deleted = 0;
        await foreach (var blob in blobs.ListAsync(folder.Container, $"{folder.Name.TrimEnd('/')}/", cancellationToken))
        {
            deleted += await blobs.DeleteAsync(blob.Path, cancellationToken) ? 1 : 0;
        }

        return deleted;
    }

    private static MemoryStream ToJson<T>(T value) => new(JsonSerializer.SerializeToUtf8Bytes(value, WireJson.Indented));
}
