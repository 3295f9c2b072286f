using System.Text.Json;
using FineTune.Data.Tokenizers.Merging;

namespace FineTune.Data.Tokenizers.Json;

/// <summary>Reads what all BPE models of a <c>tokenizer.json</c> have: tokens and merges.</summary>
internal static class VocabularyReader
{
    private static readonly string[] Affixes = ["continuing_subword_prefix", "end_of_word_suffix"];

    /// <summary>Ids by token.</summary>
    public static Dictionary<string, int> Tokens(JsonField model)
    {
        RefuseVariants(model);
        var field = model["vocab"];
        if (field.Element.ValueKind != JsonValueKind.Object)
        {
            throw field.Invalid("must be an object of tokens and ids");
        }

        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in field.Element.EnumerateObject())
        {
            vocabulary[Name(field, entry)] = entry.Value.ValueKind == JsonValueKind.Number
                && entry.Value.TryGetInt32(out var id) && id is >= 0 and < TokenizerLimits.Ids
                    ? id
                    : throw field.Invalid($"gives '{entry.Name}' no id between 0 and {TokenizerLimits.Ids - 1}");
        }

        return vocabulary;
    }

    /// <param name="special">Ids that no text may become.</param>
    /// <param name="visit">Called with the ids of each pair.</param>
    public static MergeTable Merges(
        JsonField model, Dictionary<string, int> vocabulary, HashSet<int> special, Action<int, int>? visit = null)
    {
        var merges = model["merges"];
        if (merges.Count > TokenizerLimits.Merges)
        {
            throw merges.Invalid($"has more than {TokenizerLimits.Merges:N0} merges");
        }

        var table = new MergeTable(merges.Count, merges.Count);
        var rank = 0;
        foreach (var merge in merges.Items())
        {
            var (left, right) = Pair(merge);
            if (!vocabulary.TryGetValue(left, out var leftId) || !vocabulary.TryGetValue(right, out var rightId)
                || !vocabulary.TryGetValue(left + right, out var id))
            {
                throw merge.Invalid($"joins '{left}' and '{right}', of which a part or the result isn't in model.vocab");
            }

            if (!special.Contains(id))
            {
                table.Add(leftId, rightId, rank, id);
                visit?.Invoke(leftId, rightId);
            }

            rank++;
        }

        return table;
    }

    private static string Name(JsonField field, JsonProperty entry)
    {
        try
        {
            return entry.Name;
        }
        catch (InvalidOperationException)
        {
            throw field.Invalid("has a token that is not valid Unicode");
        }
    }

    private static void RefuseVariants(JsonField model)
    {
        if (model.Find("type")?.AsString() is { } type && type != "BPE")
        {
            throw model["type"].Unsupported(type, "BPE");
        }

        if (model.Find("dropout") is { } dropout && dropout.Element.ValueKind == JsonValueKind.Number && dropout.Element.GetDouble() != 0)
        {
            throw dropout.Unsupported("random", "null");
        }

        foreach (var affix in Affixes.Select(name => model.Find(name)).OfType<JsonField>().Where(affix => affix.AsString().Length > 0))
        {
            throw affix.Unsupported($"'{affix.AsString()}'", "null");
        }
    }

    /// <summary>Files spell a pair as "a b" or, since 2024, as ["a", "b"].</summary>
    private static (string Left, string Right) Pair(JsonField merge)
    {
        string[] parts = merge.Element.ValueKind == JsonValueKind.Array
            ? [.. merge.Items().Select(part => part.AsString())]
            : merge.AsString().Split(' ');
        return parts.Length == 2 ? (parts[0], parts[1]) : throw merge.Invalid("must be a pair of tokens");
    }
}
