using System.Text;
using System.Text.Json;

namespace FineTune.Data.Tokenizers;

/// <summary>Reads the <c>model</c> of a <c>tokenizer.json</c>.</summary>
internal static class BpeModelReader
{
    private static readonly string[] Affixes = ["continuing_subword_prefix", "end_of_word_suffix"];

    /// <param name="vocabulary">As read by <see cref="Vocabulary"/>.</param>
    /// <param name="special">Ids that no text may become, neither by merges nor as a whole piece.</param>
    public static BpeModel Read(JsonField model, Dictionary<string, int> vocabulary, HashSet<int> special)
    {
        RefuseVariants(model);
        var byteIds = new int[256];
        for (var value = 0; value < 256; value++)
        {
            var token = ByteLevelAlphabet.CharacterOf((byte)value).ToString();
            byteIds[value] = vocabulary.TryGetValue(token, out var id)
                ? id
                : throw model["vocab"].Unsupported($"without the token '{token}' of byte 0x{value:X2}", "vocabularies with all 256 bytes");
        }

        return new BpeModel(
            byteIds, Merges(model["merges"], vocabulary, special), model.Flag("ignore_merges") ? WholePieces(vocabulary, special) : null);
    }

    public static Dictionary<string, int> Vocabulary(JsonField model)
    {
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

        if (model.Flag("byte_fallback"))
        {
            throw model["byte_fallback"].Unsupported("true (SentencePiece)", "false");
        }

        foreach (var affix in Affixes.Select(name => model.Find(name)).OfType<JsonField>().Where(affix => affix.AsString().Length > 0))
        {
            throw affix.Unsupported($"'{affix.AsString()}'", "null");
        }
    }

    private static Dictionary<(int, int), (int, int)> Merges(JsonField merges, Dictionary<string, int> vocabulary, HashSet<int> special)
    {
        var table = new Dictionary<(int, int), (int, int)>();
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
                table[(leftId, rightId)] = (rank, id);
            }

            rank++;
        }

        return table;
    }

    /// <summary>Files spell a pair as "a b" or, since 2024, as ["a", "b"].</summary>
    private static (string Left, string Right) Pair(JsonField merge)
    {
        string[] parts = merge.Element.ValueKind == JsonValueKind.Array
            ? [.. merge.Items().Select(part => part.AsString())]
            : merge.AsString().Split(' ');
        return parts.Length == 2 ? (parts[0], parts[1]) : throw merge.Invalid("must be a pair of tokens");
    }

    private static Dictionary<string, int> WholePieces(Dictionary<string, int> vocabulary, HashSet<int> special)
    {
        var pieces = new Dictionary<string, int>(vocabulary.Count, StringComparer.Ordinal);
        foreach (var (token, id) in vocabulary)
        {
            if (!special.Contains(id) && ByteLevelAlphabet.BytesOf(token) is { } bytes)
            {
                pieces[Encoding.Latin1.GetString(bytes)] = id;
            }
        }

        return pieces;
    }
}
