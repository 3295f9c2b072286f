using System.Text.RegularExpressions;

namespace FineTune.Core.Models;

/// <summary>A name in the registry: <c>catalog.schema.model</c>, lower case.</summary>
public sealed partial record RegisteredModelName(string Catalog, string Schema, string Model)
{
    /// <summary>Reads <c>catalog.schema.model</c>, or <c>catalog.schema</c> completed by <paramref name="defaultModel"/>.</summary>
    public static bool TryParse(string? text, string defaultModel, out RegisteredModelName? name)
    {
        name = null;
        var parts = text?.ToLowerInvariant().Split('.') ?? [];
        if (parts.Length is not (2 or 3) || parts.Any(part => !Part().IsMatch(part)))
        {
            return false;
        }

        var model = parts.Length == 3 ? parts[2] : Slug(defaultModel);
        if (!Part().IsMatch(model))
        {
            return false;
        }

        name = new RegisteredModelName(parts[0], parts[1], model);
        return true;
    }

    public override string ToString() => $"{Catalog}.{Schema}.{Model}";

    private static string Slug(string text) => NotPart().Replace(text.ToLowerInvariant(), "-").Trim('-');

    [GeneratedRegex("^[a-z0-9_][a-z0-9_-]{0,127}$")]
    private static partial Regex Part();

    [GeneratedRegex("[^a-z0-9_-]+")]
    private static partial Regex NotPart();
}
