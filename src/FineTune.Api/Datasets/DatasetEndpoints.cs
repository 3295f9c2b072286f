using FineTune.Core.Faults;
using FineTune.Core.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Api.Datasets;

/// <summary>An uploaded file.</summary>
/// <param name="Path">What to give as <c>train_data_path</c>.</param>
public sealed record UploadedFile(string Path, long Length);

/// <summary><c>PUT /api/datasets/{path}</c>: the body, streamed, becomes a blob of the datasets container; and the dry run over data.</summary>
public static class DatasetEndpoints
{
    public static void MapDatasets(this IEndpointRouteBuilder api)
    {
        api.MapPut("/datasets/{**path}", UploadAsync);
        api.MapPost("/datasets/validate", ValidateDataset.RunAsync);
    }

    private static async Task<Created<UploadedFile>> UploadAsync(
        string path, HttpRequest request, IBlobStore blobs, CancellationToken cancellationToken)
    {
        if (path.Split('/').Any(part => part is "" or "." or ".."))
        {
            throw new FaultException(Fault.Caller(
                "upload", "path_invalid", $"'{path}' is not a file path: no empty part, '.' or '..' is allowed.", "path"));
        }

        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        var blob = await blobs.WriteAsync(new BlobPath(Containers.Datasets, path), request.Body, cancellationToken);
        return TypedResults.Created($"/api/datasets/{path}", new UploadedFile(blob.Path.ToString(), blob.Length));
    }
}
