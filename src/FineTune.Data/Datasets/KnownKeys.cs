using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>The values of an object by the position of their keys in <see cref="KnownKeys"/>; undefined where missing.</summary>
[InlineArray(KnownKeys.Maximum)]
internal struct KnownValues
{
    private JsonElement first;
}

/// <summary>Reads an object once, without allocating: known keys into slots, others into a warning.</summary>
internal sealed class KnownKeys(params string[] names)
{
    public const int Maximum = 12;
    private const int ShownKeys = 8;
    private const int ShownLength = 40;

    private readonly byte[][] utf8 = [.. names.Select(Encoding.UTF8.GetBytes)];

    /// <summary>Fills <paramref name="values"/>; a known key that occurs twice is warned of.</summary>
    /// <returns>The first keys that are not known, or null when all are.</returns>
    public List<string>? Read(JsonElement value, ref KnownValues values, FieldPath path, ProblemScope problems)
    {
        List<string>? others = null;
        foreach (var property in value.EnumerateObject())
        {
            var known = IndexOf(property);
            if (known < 0)
            {
                others ??= [];
                if (others.Count <= ShownKeys)
                {
                    others.Add(property.Name);
                }

                continue;
            }

            if (values[known].ValueKind != JsonValueKind.Undefined)
            {
                problems.Warning(ProblemCodes.DuplicateKey, path.Of(names[known]).ToString(), $"'{names[known]}' occurs twice; the last one is used.");
            }

            values[known] = property.Value;
        }

        return others;
    }

    public static void WarnOfExtra(List<string>? others, FieldPath path, ProblemScope problems)
    {
        if (others is not null)
        {
            var list = List(others);
            problems.Warning(ProblemCodes.ExtraKeys, path.Root is null ? null : path.ToString(), $"{list} isn't used for training.", list);
        }
    }

    /// <summary>The first few names, quoted.</summary>
    public static string List(IReadOnlyList<string> keys) =>
        string.Join(", ", keys.Take(ShownKeys).Select(key => $"'{key[..Math.Min(key.Length, ShownLength)]}'")) + (keys.Count > ShownKeys ? ", …" : "");

    private int IndexOf(JsonProperty property)
    {
        for (var i = 0; i < utf8.Length; i++)
        {
            if (property.NameEquals(utf8[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
