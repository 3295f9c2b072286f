using System.Text;
using FineTune.Data.Tokenizers.Merging;
using FineTune.Data.Tokenizers.Pieces;

namespace FineTune.Data.Tokenizers.Json;

/// <summary>
/// Reads a SentencePiece-style BPE model (Llama 2, Mistral, Mixtral): characters, bytes for those it lacks, and spaces as <c>▁</c>,
/// whether by normalizers (<c>Prepend</c>, <c>Replace</c>) or by the pre_tokenizer <c>Metaspace</c>.
/// </summary>
internal static class SentencePieceReader
{
    private const string Mark = "▁";
    private const string Supported = "Prepend '▁' and Replace ' ' by '▁', or the pre_tokenizer Metaspace alone";

    public static SpaceRule Spaces(JsonField root, out bool splits)
    {
        splits = false;
        var normalizers = root.Find("normalizer") is { } normalizer ? Steps(normalizer, "normalizers").ToList() : [];
        if (root.Find("pre_tokenizer") is not { } preTokenizer)
        {
            return FromNormalizers(root, normalizers);
        }

        if (normalizers.Count > 0)
        {
            throw root["normalizer"].Unsupported("there together with a pre_tokenizer", Supported);
        }

        var metaspace = Steps(preTokenizer, "pretokenizers").ToList() is [var only] && only["type"].AsString() == "Metaspace"
            ? only
            : throw preTokenizer.Unsupported(preTokenizer["type"].AsString(), "Metaspace, or one that ends with ByteLevel");
        Require(metaspace["replacement"], Mark);
        splits = metaspace.Flag("split", otherwise: true);
        var scheme = metaspace.Find("prepend_scheme")?.AsString()
            ?? (metaspace.Flag("add_prefix_space", otherwise: true) ? "always" : "never");
        return new SpaceRule(scheme switch
        {
            "always" => LeadingSpace.UnlessThere,
            "first" => LeadingSpace.AtStartUnlessThere,
            "never" => LeadingSpace.Never,
            _ => throw metaspace["prepend_scheme"].Unsupported($"'{scheme}'", "always, first and never"),
        });
    }

    public static (BpeModel Model, IPieceScanner Scanner) Model(
        JsonField root, Dictionary<string, int> vocabulary, HashSet<int> special, bool splits)
    {
        var model = root["model"];
        if (model.Flag("ignore_merges"))
        {
            throw model["ignore_merges"].Unsupported("true for a model that is not byte-level", "false");
        }

        var unknown = model.Find("unk_token") is { } token
            ? vocabulary.TryGetValue(token.AsString(), out var id) ? id : throw token.Invalid("isn't in model.vocab")
            : (int?)null;
        var byteIds = model.Flag("byte_fallback") ? ByteIds(model, vocabulary) : null;
        var joins = new bool[1 << 16];

        // Without bytes for them, unknown characters vanish or fuse, and what is neighbours isn't known from the text alone.
        Array.Fill(joins, byteIds is null);
        var bytes = vocabulary.ToDictionary(entry => entry.Value, entry => BytesOf(entry.Key, byteIds is not null));
        var merges = VocabularyReader.Merges(model, vocabulary, special, (left, right) =>
        {
            if (left == unknown || right == unknown)
            {
                // It stands for any text.
                Array.Fill(joins, true);
            }
            else if (bytes[left] is [.., var last] && bytes[right] is [var first, ..])
            {
                joins[(last << 8) | first] = true;
            }
        });
        var alphabet = new CharacterAlphabet(Characters(vocabulary, special), byteIds, unknown, model.Flag("fuse_unk"));
        return (new BpeModel(alphabet, merges, whole: null), new SpaceScanner(joins, splits));
    }

    /// <summary>The text of a token, with spaces for marks.</summary>
    public static byte[] BytesOf(string token, bool hasByteTokens) =>
        hasByteTokens && ByteOf(token) is { } value ? [value] : Encoding.UTF8.GetBytes(token.Replace(SpaceRule.Mark, ' '));

    private static SpaceRule FromNormalizers(JsonField root, List<JsonField> normalizers)
    {
        var (prepends, replaces) = (false, false);
        foreach (var step in normalizers)
        {
            switch (step["type"].AsString())
            {
                case "Prepend":
                    Require(step["prepend"], Mark);
                    prepends = true;
                    break;
                case "Replace":
                    Require(step["pattern"]["String"], " ");
                    Require(step["content"], Mark);
                    replaces = true;
                    break;
                case var type:
                    throw step.Unsupported(type, Supported);
            }
        }

        return replaces
            ? new SpaceRule(prepends ? LeadingSpace.Always : LeadingSpace.Never)
            : throw root.Unsupported("without a rule for spaces", Supported);
    }

    private static IEnumerable<JsonField> Steps(JsonField field, string list) =>
        field["type"].AsString() == "Sequence" ? field[list].Items().SelectMany(step => Steps(step, list)) : [field];

    private static void Require(JsonField field, string value)
    {
        if (field.AsString() != value)
        {
            throw field.Unsupported($"'{field.AsString()}'", $"'{value}'");
        }
    }

    private static int[] ByteIds(JsonField model, Dictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(value => vocabulary.TryGetValue($"<0x{value:X2}>", out var id)
            ? id
            : throw model["vocab"].Unsupported($"without the token '<0x{value:X2}>' although byte_fallback is true", "vocabularies with all 256 bytes"))];

    private static byte? ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) ? value : null;

    private static Dictionary<int, int> Characters(Dictionary<string, int> vocabulary, HashSet<int> special)
    {
        var characters = new Dictionary<int, int>();
        foreach (var (token, id) in vocabulary)
        {
            if (!special.Contains(id) && Rune.TryGetRuneAt(token, 0, out var rune) && rune.Utf16SequenceLength == token.Length)
            {
                // A literal space never reaches the vocabulary: spaces are marks by then.
                if (rune.Value != ' ')
                {
                    characters[rune.Value == SpaceRule.Mark ? ' ' : rune.Value] = id;
                }
            }
        }

        return characters;
    }
}
