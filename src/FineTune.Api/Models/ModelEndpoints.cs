using FineTune.Core.Models;
using FineTune.Core.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Api.Models;

/// <summary>A base model as clients see it.</summary>
/// <param name="Imported">Whether its weights are here, so that a run can start from it.</param>
public sealed record ModelView(
    string Name,
    string DisplayName,
    int MaxContextLength,
    ModelStatus Status,
    ModelLicense License,
    bool LicenseAcceptanceRequired,
    string Architecture,
    long? Parameters,
    string? Replacement,
    string? Notes,
    bool Imported);

/// <summary><c>/api/models</c>: what runs may start from.</summary>
public static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder api) => api.MapGet("/models", ListAsync);

    private static async Task<Ok<List<ModelView>>> ListAsync(
        ModelCatalogue catalogue, BaseModels baseModels, CancellationToken cancellationToken)
    {
        var imported = (await baseModels.ListAsync(cancellationToken)).Select(model => model.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var own = imported.Where(name => !catalogue.Models.Any(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            .Select(name => catalogue.TryFind(name, out var model) ? model : null)
            .OfType<CatalogueModel>();
        return TypedResults.Ok(catalogue.Models.Concat(own).Select(model => new ModelView(
            model.Name,
            model.DisplayName,
            model.MaxContextLength,
            model.Status,
            catalogue.LicenseOf(model),
            model.LicenseAcceptanceRequired,
            model.Architecture,
            model.Parameters,
            model.Replacement,
            model.Notes,
            imported.Contains(model.Name))).ToList());
    }
}
