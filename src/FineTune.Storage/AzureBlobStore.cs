using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using FineTune.Core.Storage;
using BlobInfo = FineTune.Core.Storage.BlobInfo;

namespace FineTune.Storage;

/// <summary><see cref="IBlobStore"/> on Azure Blob Storage or its emulator.</summary>
public sealed class AzureBlobStore(BlobServiceClient service) : IBlobStore
{
    /// <summary>Largest block the service accepts in one append.</summary>
    private const int MaxAppend = 4 << 20;
    private static readonly TimeSpan CopyPoll = TimeSpan.FromMilliseconds(250);

    public async Task<BlobInfo?> FindAsync(BlobPath path, CancellationToken cancellationToken = default)
    {
        try
        {
            var found = (await Blob(path).GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            return InfoOf(path, found.ContentLength, found.ETag, found.LastModified);
        }
        catch (RequestFailedException failure) when (failure.Status == 404)
        {
            return null;
        }
    }

    /// <remarks>One request: all bytes are of one version, also after the client resumes a broken download.</remarks>
    public Task<Stream> OpenReadAsync(BlobPath path, CancellationToken cancellationToken = default) => OpenReadAsync(path, 0, cancellationToken);

    public async Task<Stream> OpenReadAsync(BlobPath path, long offset, CancellationToken cancellationToken = default)
    {
        try
        {
            var options = new BlobDownloadOptions { Range = offset == 0 ? default : new HttpRange(offset) };
            return (await Blob(path).DownloadStreamingAsync(options, cancellationToken)).Value.Content;
        }
        catch (RequestFailedException failure) when (failure.Status == 416)
        {
            return Stream.Null;
        }
        catch (RequestFailedException failure) when (failure.Status == 404)
        {
            throw new BlobNotFoundException(path);
        }
    }

    public async Task<BlobInfo> WriteAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default)
    {
        var (written, length) = await BlockUpload.RunAsync(Container(path).GetBlockBlobClient(path.Name), content, null, cancellationToken);
        return InfoOf(path, length, written.ETag, written.LastModified);
    }

    public async Task<bool> TryCreateAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default)
    {
        try
        {
            var absent = new BlobRequestConditions { IfNoneMatch = ETag.All };
            await BlockUpload.RunAsync(Container(path).GetBlockBlobClient(path.Name), content, absent, cancellationToken);
            return true;
        }
        catch (RequestFailedException failure) when (failure.Status is 409 or 412)
        {
            return false;
        }
    }

    public async Task AppendAsync(BlobPath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, MaxAppend, nameof(content));
        if (content.IsEmpty)
        {
            return;
        }

        var blob = Container(path).GetAppendBlobClient(path.Name);
        try
        {
            using var first = BinaryData.FromBytes(content).ToStream();
            await blob.AppendBlockAsync(first, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException failure) when (failure.Status == 404)
        {
            await blob.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            using var second = BinaryData.FromBytes(content).ToStream();
            await blob.AppendBlockAsync(second, cancellationToken: cancellationToken);
        }
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(
        string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using var blobs = service.GetBlobContainerClient(container)
            .GetBlobsAsync(new GetBlobsOptions { Prefix = prefix }, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(blobs))
        {
            var (blob, found) = (blobs.Current, blobs.Current.Properties);
            yield return InfoOf(
                new BlobPath(container, blob.Name), found.ContentLength ?? 0, found.ETag ?? default, found.LastModified ?? default);
        }
    }

    /// <summary>Where there is no container there are no blobs.</summary>
    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<BlobItem> blobs)
    {
        try
        {
            return await blobs.MoveNextAsync();
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            return false;
        }
    }

    public async Task<bool> DeleteAsync(BlobPath path, CancellationToken cancellationToken = default) =>
        await Blob(path).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken);

    public async Task CopyAsync(BlobPath source, BlobPath destination, CancellationToken cancellationToken = default)
    {
        try
        {
            var copy = await Blob(destination).StartCopyFromUriAsync(Blob(source).Uri, cancellationToken: cancellationToken);
            await copy.WaitForCompletionAsync(CopyPoll, cancellationToken);
        }
        catch (RequestFailedException failure) when (failure.Status == 404)
        {
            throw new BlobNotFoundException(source);
        }

        var copied = (await Blob(destination).GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
        if (copied.BlobCopyStatus is CopyStatus.Failed or CopyStatus.Aborted)
        {
            throw new IOException($"Copying {source} to {destination} failed: {copied.CopyStatusDescription}");
        }
    }

    // List answers give ETags without quotes, headers with them.
    private static BlobInfo InfoOf(BlobPath path, long length, ETag etag, DateTimeOffset lastModified) =>
        new(path, length, etag.ToString().Trim('"'), lastModified);

    private BlobContainerClient Container(BlobPath path) => service.GetBlobContainerClient(path.Container);

    private BlobClient Blob(BlobPath path) => Container(path).GetBlobClient(path.Name);
}
