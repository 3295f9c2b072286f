using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using FineTune.Core.Faults;
using FineTune.Core.Json;

namespace FineTune.Core.Models;

/// <summary>The models of the service, read from <c>catalogue.json</c>: the origin document's tables as data.</summary>
public sealed class ModelCatalogue
{
    private readonly CatalogueFile file;

    private ModelCatalogue(CatalogueFile file) => this.file = file;

    /// <summary>The catalogue shipped with the service.</summary>
    public static ModelCatalogue Default { get; } = Load();

    public IReadOnlyList<CatalogueModel> Models => file.Models;

    public ModelLicense LicenseOf(CatalogueModel model) => file.Licenses[model.License];

    /// <summary>The Jinja text of a family's chat template, as its makers published it; null for a family without one.</summary>
    /// <param name="family">E.g. <c>llama3.1</c>.</param>
    public static string? ChatTemplateText(string? family)
    {
        using var stream = typeof(ModelCatalogue).Assembly.GetManifestResourceStream($"FineTune.Core.Models.Templates.{family}.jinja");
        return stream is null ? null : new StreamReader(stream).ReadToEnd();
    }

    /// <summary>Names of models made here, by <c>finetune models init</c>, begin so.</summary>
    public const string OwnPrefix = "finetune/";

    public bool TryFind(string name, [NotNullWhen(true)] out CatalogueModel? model)
    {
        model = file.Models.FirstOrDefault(candidate => string.Equals(candidate.Name, name, StringComparison.OrdinalIgnoreCase))
            ?? (name.StartsWith(OwnPrefix, StringComparison.Ordinal) ? MadeHere(name) : null);
        return model is not null;
    }

    /// <summary>The model a new run may start from, or the refusal that names what to use instead.</summary>
    public Outcome<CatalogueModel> Resolve(string name, DateOnly today)
    {
        if (TryFind(name, out var model))
        {
            return Outcome.Of(model);
        }

        var retired = file.RetiredFamilies.FirstOrDefault(family => today > family.RetiredOn
            && family.Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)));
        return Outcome.Refused<CatalogueModel>(retired is null
            ? Fault.Caller(
                "resolve_model",
                "model_not_found",
                $"Model '{name}' is not in the catalogue. Choose one of: {string.Join(", ", file.Models.Select(known => known.Name))}.",
                "model")
            : Fault.Caller(
                "resolve_model",
                "model_retired",
                $"Model '{name}' was retired: the {retired.Family} family left the service on {retired.RetiredOn:yyyy-MM-dd}. "
                    + $"Use '{retired.ReplacementFor(name)}' instead.",
                "model"));
    }

    /// <summary>A model of the user's own: like the tiny one, but of any size and as long as its configuration says.</summary>
    private CatalogueModel MadeHere(string name) => file.Models.First(model => model.Name.StartsWith(OwnPrefix, StringComparison.Ordinal)) with
    {
        Name = name,
        DisplayName = name[OwnPrefix.Length..],
        MaxContextLength = int.MaxValue,
        Notes = null,
    };

    private static ModelCatalogue Load()
    {
        using var stream = typeof(ModelCatalogue).Assembly.GetManifestResourceStream("FineTune.Core.Models.catalogue.json")!;
        return new ModelCatalogue(JsonSerializer.Deserialize<CatalogueFile>(stream, WireJson.Options)!);
    }

    private sealed record CatalogueFile(
        IReadOnlyDictionary<string, ModelLicense> Licenses,
        IReadOnlyList<CatalogueModel> Models,
        IReadOnlyList<RetiredFamily> RetiredFamilies);
}
