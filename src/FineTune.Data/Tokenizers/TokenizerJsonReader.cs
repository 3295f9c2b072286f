using System.Text;
using FineTune.Core.Faults;

namespace FineTune.Data.Tokenizers;

/// <summary>Reads a byte-level BPE <c>tokenizer.json</c>; whatever would give other ids than Hugging Face's is refused, never ignored.</summary>
internal static class TokenizerJsonReader
{
    public const string FileName = "tokenizer.json";

    public static TokenizerParts Read(string directory)
    {
        using var document = TokenizerFiles.Parse(directory, FileName) ?? throw TokenizerFiles.Invalid(
            FileName, "there is no such file beside the model; models need tokenizer.json of Hugging Face's tokenizers library");
        var root = new JsonField(document.RootElement, FileName, "");
        if (root.Find("normalizer") is { } normalizer)
        {
            throw normalizer.Unsupported(Type(normalizer), "null");
        }

        if (root.Find("decoder") is { } decoder && Type(decoder) != "ByteLevel")
        {
            throw decoder.Unsupported(Type(decoder), "ByteLevel");
        }

        var vocabulary = BpeModelReader.Vocabulary(root["model"]);
        var added = AddedTokens(root);
        var model = BpeModelReader.Read(root["model"], vocabulary, [.. added.Where(token => token.Special).Select(token => token.Id)]);
        foreach (var token in added)
        {
            vocabulary[token.Content] = token.Id;
        }

        return new TokenizerParts(
            model, PreTokenizerReader.Read(root), TokenBytes(root, vocabulary, added), vocabulary, added, BosId(root));
    }

    private static List<AddedToken> AddedTokens(JsonField root) => root.Find("added_tokens") is not { } tokens
        ? []
        : [.. tokens.Items().Select(item => new AddedToken(item["id"].AsId(), item["content"].AsString(), item.Flag("special")))];

    private static byte[]?[] TokenBytes(JsonField root, Dictionary<string, int> vocabulary, List<AddedToken> added)
    {
        var bytes = new byte[]?[vocabulary.Values.Max() + 1];
        var names = new string?[bytes.Length];
        foreach (var (token, id) in vocabulary)
        {
            if (names[id] is { } other)
            {
                throw root["model"]["vocab"].Invalid($"gives id {id} to both '{other}' and '{token}'");
            }

            (names[id], bytes[id]) = (token, ByteLevelAlphabet.BytesOf(token) ?? Encoding.UTF8.GetBytes(token));
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
