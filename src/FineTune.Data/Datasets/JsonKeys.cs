using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Checks the keys of an object.</summary>
internal static class JsonKeys
{
    /// <summary>The keys of <paramref name="value"/>; duplicates are warned of.</summary>
    public static HashSet<string> Of(JsonElement value, string? field, ProblemScope problems)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in value.EnumerateObject())
        {
            var name = Name(property);
            if (!keys.Add(name))
            {
                problems.Warning(
                    ProblemCodes.DuplicateKey, Path(field, name), $"'{name}' occurs twice; the last one is used. Remove the other.");
            }
        }

        return keys;
    }

    public static void WarnOfExtra(IEnumerable<string> extra, string? field, ProblemScope problems)
    {
        var names = List(extra);
        if (names.Length > 0)
        {
            problems.Warning(
                ProblemCodes.ExtraKeys,
                field,
                $"{names} isn't used for training; Databricks refuses records with other keys. Remove it.",
                names);
        }
    }

    /// <summary>The first few names, quoted.</summary>
    public static string List(IEnumerable<string> names)
    {
        const int Shown = 8;
        const int NameLength = 40;
        var quoted = names.Take(Shown + 1).Select(name => $"'{name[..Math.Min(name.Length, NameLength)]}'").ToList();
        return string.Join(", ", quoted.Take(Shown)) + (quoted.Count > Shown ? ", …" : "");
    }

    public static string Path(string? field, string name) => field is null ? name : $"{field}.{name}";

    /// <summary>Keys may hold lone surrogates, which have no text.</summary>
    private static string Name(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return "\uFFFD";
        }
    }
}
