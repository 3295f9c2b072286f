using System.Text;
using FineTune.Core.Faults;

namespace FineTune.Data.Tokenizers.Json;

/// <summary>Reads a BPE <c>tokenizer.json</c>; whatever would give other ids than Hugging Face's is refused, never ignored.</summary>
internal static class TokenizerJsonReader
{
    public const string FileName = "tokenizer.json";

    public static TokenizerParts Read(string directory)
    {
        using var document = TokenizerFiles.Parse(directory, FileName) ?? throw TokenizerFiles.Invalid(
            FileName, "there is no such file beside the model; models need tokenizer.json of Hugging Face's tokenizers library, or a file of tiktoken ranks");
        var root = new JsonField(document.RootElement, FileName, "");
        var vocabulary = VocabularyReader.Tokens(root["model"]);
        var added = AddedTokens(root);
        var special = added.Where(token => token.Special).Select(token => token.Id).ToHashSet();
        var isByteLevel = ByteLevelReader.Fits(root);
        var hasByteTokens = root["model"].Flag("byte_fallback");
        var bosId = BosId(root);
        SpaceRule? spaces = null;
        var splitsSpaces = false;
        if (!isByteLevel)
        {
            spaces = SentencePieceReader.Spaces(root, out splitsSpaces);
        }

        var (model, scanner) = isByteLevel
            ? (ByteLevelReader.Model(root, vocabulary, special), ByteLevelReader.Scanner(root))
            : SentencePieceReader.Model(root, vocabulary, special, splitsSpaces);
        foreach (var token in added)
        {
            vocabulary[token.Content] = token.Id;
        }

        var bytes = TokenBytes(root, vocabulary, added, token => isByteLevel
            ? ByteLevelAlphabet.BytesOf(token) ?? Encoding.UTF8.GetBytes(token)
            : SentencePieceReader.BytesOf(token, hasByteTokens));
        return new TokenizerParts(model, scanner, spaces, bytes, vocabulary, added, bosId);
    }

    private static List<AddedToken> AddedTokens(JsonField root) => root.Find("added_tokens") is not { } tokens
        ? []
        : [.. tokens.Items().Select(item => new AddedToken(item["id"].AsId(), item["content"].AsString(), item.Flag("special")))];

    private static byte[]?[] TokenBytes(
        JsonField root, Dictionary<string, int> vocabulary, List<AddedToken> added, Func<string, byte[]> bytesOf)
    {
        var bytes = new byte[]?[vocabulary.Values.Max() + 1];
        var names = new string?[bytes.Length];
        foreach (var (token, id) in vocabulary)
        {
            if (names[id] is { } other)
            {
                throw root["model"]["vocab"].Invalid($"gives id {id} to both '{other}' and '{token}'");
            }

            (names[id], bytes[id]) = (token, bytesOf(token));
        }

        foreach (var token in added)
        {
            bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
        }

        return bytes;
    }

    /// <summary>The first special token of the template; processors other than templates don't change ids.</summary>
    private static int? BosId(JsonField root)
    {
        if (root.Find("post_processor") is not { } processor)
        {
            return null;
        }

        var steps = Type(processor) == "Sequence" ? processor["processors"].Items() : [processor];
        foreach (var step in steps)
        {
            switch (Type(step))
            {
                case "ByteLevel":
                    break;
                case "TemplateProcessing":
                    var first = step["single"].Items().FirstOrDefault();
                    return first.File is not null && first.Find("SpecialToken") is { } token
                        ? step["special_tokens"][token["id"].AsString()]["ids"].Items().First().AsId()
                        : null;
                default:
                    throw step.Unsupported(Type(step), "ByteLevel, TemplateProcessing and sequences of them");
            }
        }

        return null;
    }

    private static string Type(JsonField field) => field["type"].AsString();
}
