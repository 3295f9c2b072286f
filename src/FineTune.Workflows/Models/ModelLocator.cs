using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Registry;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Models;

/// <summary>Finds weights by the names users give them.</summary>
public sealed class ModelLocator(ModelCatalogue catalogue, BaseModels baseModels, ModelRegistry registry, ArtifactStore artifacts)
{
    public const string WeightsMissingCode = "weights_missing";
    private const string RegistryScheme = "models:/";

    /// <summary>
    /// A base model (<c>org/name</c>), a registered one (<c>catalog.schema.model</c>, the newest, or <c>…/version</c>, with or without
    /// <c>models:/</c>) or a checkpoint (<c>az://runs/…</c>).
    /// </summary>
    /// <exception cref="FaultException">Nothing usable has that name; the fault says which forms exist.</exception>
    public async Task<ArtifactRef> FindAsync(string name, string phase, string field, CancellationToken cancellationToken = default)
    {
        if (BlobPath.TryParse(name, out var folder))
        {
            return await artifacts.FindAsync(folder, cancellationToken) ?? throw NotFound("no complete checkpoint lies there");
        }

        if (catalogue.TryFind(name, out var model))
        {
            var found = await baseModels.FindAsync(model.Name, cancellationToken) ?? throw new FaultException(WeightsMissing(model.Name, phase));
            return found.Artifact;
        }

        var text = name.StartsWith(RegistryScheme, StringComparison.Ordinal) ? name[RegistryScheme.Length..] : name;
        var slash = text.LastIndexOf('/');
        int? version = slash >= 0 && int.TryParse(text[(slash + 1)..], out var number) ? number : null;
        if (!RegisteredModelName.TryParse(version is null ? text : text[..slash], "", out var registered) || registered is null)
        {
            throw NotFound("expected catalog.schema.model, catalog.schema.model/version, a base model or az://container/folder");
        }

        var record = await registry.FindAsync(registered, version, cancellationToken) ?? throw NotFound("no such version is registered");
        return record.Artifact;

        FaultException NotFound(string why) => new(Fault.Caller(phase, "model_not_found", $"{field} '{name}' cannot be used: {why}.", field));
    }

    public static Fault WeightsMissing(string model, string phase) => Fault.Caller(
        phase,
        WeightsMissingCode,
        $"The weights of '{model}' are not here. Import them: finetune models import <folder> --as {model}",
        "model");
}
