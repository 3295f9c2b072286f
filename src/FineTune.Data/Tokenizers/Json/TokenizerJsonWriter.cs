using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FineTune.Data.Tokenizers.Json;

/// <summary>Writes a trained vocabulary as Hugging Face's <c>tokenizer.json</c> and <c>tokenizer_config.json</c>; same input, same bytes.</summary>
internal static class TokenizerJsonWriter
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Write(string directory, BpeVocabulary vocabulary, BpeTrainerOptions options)
    {
        Directory.CreateDirectory(directory);
        Save(directory, TokenizerConfig.FileName, Config(vocabulary, options));
        Save(directory, TokenizerJsonReader.FileName, Tokenizer(vocabulary, options));
    }

    private static void Save(string directory, string name, JsonObject content)
    {
        var partial = Path.Combine(directory, name + ".partial");
        File.WriteAllText(partial, content.ToJsonString(Format) + "\n");
        File.Move(partial, Path.Combine(directory, name), overwrite: true);
    }

    private static JsonObject Tokenizer(BpeVocabulary vocabulary, BpeTrainerOptions options) => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray([.. options.SpecialTokens.Select((token, index) =>
            AddedToken(token, new JsonObject { ["id"] = vocabulary.Tokens.Count + index }))]),
        ["normalizer"] = null,
        ["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Split",
                    ["pattern"] = new JsonObject { ["Regex"] = options.Pattern },
                    ["behavior"] = "Isolated",
                    ["invert"] = false,
                },
                ByteLevel()),
        },
        ["post_processor"] = Template(vocabulary.Tokens.Count + IndexOf(options.BosToken, options), options.BosToken),
        ["decoder"] = ByteLevel(),
        ["model"] = Model(vocabulary, options),
    };

    private static JsonObject Model(BpeVocabulary vocabulary, BpeTrainerOptions options)
    {
        var names = vocabulary.Tokens.Select(token => ByteLevelAlphabet.TextOf(token)).ToList();
        return new JsonObject
        {
            ["type"] = "BPE",
            ["dropout"] = null,
            ["unk_token"] = null,
            ["continuing_subword_prefix"] = null,
            ["end_of_word_suffix"] = null,
            ["fuse_unk"] = false,
            ["byte_fallback"] = false,
            ["ignore_merges"] = options.IgnoreMerges,
            ["vocab"] = new JsonObject(names.Select((name, id) => KeyValuePair.Create(name, (JsonNode?)id))),
            ["merges"] = new JsonArray([.. vocabulary.Merges.Select(merge => (JsonNode)$"{names[merge.Left]} {names[merge.Right]}")]),
        };
    }

    private static JsonObject Config(BpeVocabulary vocabulary, BpeTrainerOptions options) => new()
    {
        ["added_tokens_decoder"] = new JsonObject(options.SpecialTokens.Select((token, index) =>
            KeyValuePair.Create($"{vocabulary.Tokens.Count + index}", (JsonNode?)AddedToken(token, [])))),
        ["bos_token"] = options.BosToken,
        ["eos_token"] = options.EosToken,
        ["pad_token"] = options.PadToken,
        ["chat_template"] = Llama3Tokens.ChatTemplate,
        ["clean_up_tokenization_spaces"] = false,
        ["model_input_names"] = new JsonArray("input_ids", "attention_mask"),
        ["model_max_length"] = options.ModelMaxLength,
        ["tokenizer_class"] = "PreTrainedTokenizerFast",
    };

    private static JsonObject AddedToken(string token, JsonObject into)
    {
        into["content"] = token;
        foreach (var flag in (string[])["single_word", "lstrip", "rstrip", "normalized"])
        {
            into[flag] = false;
        }

        into["special"] = true;
        return into;
    }

    private static JsonObject ByteLevel() => new()
    {
        ["type"] = "ByteLevel",
        ["add_prefix_space"] = false,
        ["trim_offsets"] = true,
        ["use_regex"] = false,
    };

    private static JsonObject Template(int bosId, string bos) => new()
    {
        ["type"] = "TemplateProcessing",
        ["single"] = new JsonArray(Special(bos, 0), Sequence("A", 0)),
        ["pair"] = new JsonArray(Special(bos, 0), Sequence("A", 0), Special(bos, 1), Sequence("B", 1)),
        ["special_tokens"] = new JsonObject
        {
            [bos] = new JsonObject { ["id"] = bos, ["ids"] = new JsonArray(bosId), ["tokens"] = new JsonArray(bos) },
        },
    };

    private static JsonObject Special(string id, int type) =>
        new() { ["SpecialToken"] = new JsonObject { ["id"] = id, ["type_id"] = type } };

    private static JsonObject Sequence(string id, int type) =>
        new() { ["Sequence"] = new JsonObject { ["id"] = id, ["type_id"] = type } };

    private static int IndexOf(string token, BpeTrainerOptions options)
    {
        var index = options.SpecialTokens.ToList().IndexOf(token);
        return index >= 0 ? index : throw new ArgumentException($"'{token}' is not among the special tokens.", nameof(options));
    }
}
