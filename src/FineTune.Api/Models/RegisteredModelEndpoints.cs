using System.Net.Mime;
using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Registry;
using FineTune.Core.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Api.Models;

/// <summary>A registered version as clients see it.</summary>
/// <param name="Name"><c>catalog.schema.model</c>.</param>
/// <param name="Metrics">Final figures of the run, e.g. <c>eval_loss</c>.</param>
/// <param name="Path">Where its files lie in storage.</param>
public sealed record RegisteredVersionView(
    string Name,
    int Version,
    string RunId,
    DateTimeOffset CreatedAt,
    string BaseModel,
    string License,
    IReadOnlyDictionary<string, double> Metrics,
    string Path)
{
    public static RegisteredVersionView Of(VersionRecord record) => new(
        record.Name.ToString(),
        record.Version,
        record.RunId,
        record.Created,
        record.Facts.BaseModel,
        record.Facts.License,
        record.Facts.Metrics,
        record.Artifact.Folder.ToString());
}

/// <summary><c>/api/registered-models</c>: what runs have made, and its files to take away.</summary>
public static class RegisteredModelEndpoints
{
    public static void MapRegisteredModels(this IEndpointRouteBuilder api)
    {
        var models = api.MapGroup("/registered-models");
        models.MapGet("", ListAsync);
        models.MapGet("{name}/{version:int}/files", ListFilesAsync);
        models.MapGet("{name}/{version:int}/files/{**file}", DownloadAsync);
    }

    private static async Task<Ok<List<RegisteredVersionView>>> ListAsync(ModelRegistry registry, CancellationToken cancellationToken)
    {
        var versions = new List<RegisteredVersionView>();
        foreach (var model in await registry.ListModelsAsync(cancellationToken))
        {
            versions.AddRange((await registry.ListVersionsAsync(model.Name, cancellationToken)).Select(RegisteredVersionView.Of));
        }

        return TypedResults.Ok(versions);
    }

    private static async Task<Ok<IReadOnlyList<ArtifactFile>>> ListFilesAsync(
        string name, int version, ModelRegistry registry, ArtifactStore artifacts, CancellationToken cancellationToken)
    {
        var record = await FindAsync(registry, name, version, cancellationToken);
        return TypedResults.Ok((await artifacts.OpenAsync(record.Artifact, cancellationToken)).Files);
    }

    private static async Task<FileStreamHttpResult> DownloadAsync(
        string name,
        int version,
        string file,
        ModelRegistry registry,
        ArtifactStore artifacts,
        IBlobStore blobs,
        CancellationToken cancellationToken)
    {
        var record = await FindAsync(registry, name, version, cancellationToken);
        var manifest = await artifacts.OpenAsync(record.Artifact, cancellationToken);
        var known = manifest.Files.FirstOrDefault(candidate => candidate.Name == file)
            ?? throw NotFound($"{name} version {version} has no file '{file}'.");
        var content = await blobs.OpenReadAsync(record.Artifact.Folder / known.Name, cancellationToken);
        return TypedResults.Stream(content, MediaTypeNames.Application.Octet, Path.GetFileName(known.Name));
    }

    private static async Task<VersionRecord> FindAsync(ModelRegistry registry, string name, int version, CancellationToken cancellationToken) =>
        (RegisteredModelName.TryParse(name, "", out var parsed) && parsed is not null
            ? await registry.FindAsync(parsed, version, cancellationToken)
            : null)
        ?? throw NotFound($"There is no registered model '{name}' version {version}. List them with GET /api/registered-models.");

    private static FaultException NotFound(string message) => new(Fault.Caller("http", "model_not_found", message, "name"));
}
