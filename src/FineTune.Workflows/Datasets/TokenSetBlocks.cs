using FineTune.Core.Storage;

namespace FineTune.Workflows.Datasets;

/// <summary>What activities leave for each other in a folder of tokens.</summary>
internal static class TokenSetBlocks
{
    public static async Task<IReadOnlyList<TokenBlock>> ReadAsync(IBlobStore blobs, BlobPath folder) =>
        await blobs.ReadJsonAsync<List<TokenBlock>>(folder / TokenBlocks.PlanFile) ?? throw new BlobNotFoundException(folder / TokenBlocks.PlanFile);

    public static Task<TokenBlockResult?> ReadResultAsync(IBlobStore blobs, BlobPath folder, int block) =>
        blobs.ReadJsonAsync<TokenBlockResult>(folder / TokenBlocks.ResultFile(block));
}
