using System.Globalization;
using System.Text;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;

namespace FineTune.Storage;

/// <summary>
/// Writes a block blob: small content in one request, larger content as blocks that become visible together. Block ids are unique to the
/// upload, so two writers of one blob never mix their blocks (the client library's ids depend on the offset alone).
/// </summary>
internal static class BlockUpload
{
    private const int BlockSize = 8 << 20;
    private const int BlocksInFlight = 4;
    private const int Tries = 3;

    public static async Task<(BlobContentInfo Written, long Length)> RunAsync(
        BlockBlobClient blob, Stream content, BlobRequestConditions? conditions, CancellationToken cancellationToken)
    {
        var start = content.CanSeek ? content.Position : 0;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await OnceAsync(blob, content, conditions, cancellationToken);
            }
            catch (RequestFailedException failure) when (content.CanSeek && attempt < Tries && IsDisturbed(failure))
            {
                if (conditions is null && failure.ErrorCode == BlobErrorCode.InvalidBlobType)
                {
                    await blob.DeleteIfExistsAsync(cancellationToken: cancellationToken);
                }

                content.Position = start;
            }
        }
    }

    // Another writer's commit discards blocks not yet committed; a blob of another type accepts no blocks.
    private static bool IsDisturbed(RequestFailedException failure) =>
        failure.ErrorCode == BlobErrorCode.InvalidBlockList || failure.ErrorCode == BlobErrorCode.InvalidBlobType;

    private static async Task<(BlobContentInfo Written, long Length)> OnceAsync(
        BlockBlobClient blob, Stream content, BlobRequestConditions? conditions, CancellationToken cancellationToken)
    {
        var buffer = new byte[content.CanSeek ? Math.Min(BlockSize, content.Length - content.Position) : BlockSize];
        var filled = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (filled < BlockSize)
        {
            using var whole = new MemoryStream(buffer, 0, filled, writable: false);
            return (await blob.UploadAsync(whole, new BlobUploadOptions { Conditions = conditions }, cancellationToken), filled);
        }

        var upload = Guid.NewGuid().ToString("N");
        var ids = new List<string>();
        var length = 0L;
        var staging = new Queue<Task<byte[]>>();
        while (filled > 0)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{upload}{ids.Count:D6}");
            ids.Add(Convert.ToBase64String(Encoding.ASCII.GetBytes(id)));
            staging.Enqueue(StageAsync(blob, ids[^1], buffer, filled, cancellationToken));
            length += filled;
            buffer = staging.Count < BlocksInFlight ? new byte[BlockSize] : await staging.Dequeue();
            filled = await content.ReadAtLeastAsync(buffer, BlockSize, throwOnEndOfStream: false, cancellationToken);
        }

        await Task.WhenAll(staging);
        return (await blob.CommitBlockListAsync(ids, new CommitBlockListOptions { Conditions = conditions }, cancellationToken), length);
    }

    /// <summary>Stages one block and gives its buffer back.</summary>
    private static async Task<byte[]> StageAsync(
        BlockBlobClient blob, string id, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        using var block = new MemoryStream(buffer, 0, count, writable: false);
        await blob.StageBlockAsync(id, block, cancellationToken: cancellationToken);
        return buffer;
    }
}
