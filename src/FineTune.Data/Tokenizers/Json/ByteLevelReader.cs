using System.Text.RegularExpressions;
using FineTune.Data.Tokenizers.Merging;
using FineTune.Data.Tokenizers.Pieces;

namespace FineTune.Data.Tokenizers.Json;

/// <summary>Reads a byte-level BPE model (Llama 3, DBRX): its alphabet, and a pre_tokenizer that ends with <c>ByteLevel</c>.</summary>
internal static class ByteLevelReader
{
    /// <summary>Whether <paramref name="root"/> is such a model.</summary>
    public static bool Fits(JsonField root) =>
        root.Find("pre_tokenizer") is { } field && Flatten(field).LastOrDefault() is { File: not null } last && last["type"].AsString() == "ByteLevel";

    public static BpeModel Model(JsonField root, Dictionary<string, int> vocabulary, HashSet<int> special)
    {
        var model = root["model"];
        if (model.Flag("byte_fallback"))
        {
            throw model["byte_fallback"].Unsupported("true for a byte-level model", "false");
        }

        if (root.Find("normalizer") is { } normalizer)
        {
            throw normalizer.Unsupported(normalizer["type"].AsString(), "null");
        }

        if (root.Find("decoder") is { } decoder && decoder["type"].AsString() is not "ByteLevel" and var type)
        {
            throw decoder.Unsupported(type, "ByteLevel");
        }

        var byteIds = new int[256];
        for (var value = 0; value < 256; value++)
        {
            var token = ByteLevelAlphabet.CharacterOf((byte)value).ToString();
            byteIds[value] = vocabulary.TryGetValue(token, out var id)
                ? id
                : throw model["vocab"].Unsupported($"without the token '{token}' of byte 0x{value:X2}", "vocabularies with all 256 bytes");
        }

        return new BpeModel(
            new ByteAlphabet(byteIds),
            VocabularyReader.Merges(model, vocabulary, special),
            model.Flag("ignore_merges") ? WholePieces(vocabulary, special) : null);
    }

    public static IPieceScanner Scanner(JsonField root)
    {
        var stages = Flatten(root["pre_tokenizer"]).Select(step => (Step: step, Pattern: Pattern(step))).Where(stage => stage.Pattern is not null).ToList();
        if (stages.Count == 1 && Known(stages[0].Pattern!) is { } scanner)
        {
            return scanner;
        }

        foreach (var (step, pattern) in stages)
        {
            try
            {
                _ = new PreTokenizer(pattern!);
            }
            catch (ArgumentException refused)
            {
                throw step.Unsupported($"'{pattern}' ({refused.Message})", "patterns in the common part of Oniguruma and .NET");
            }
        }

        return new RegexScanner(new PreTokenizer(stages.Select(stage => stage.Pattern!)));
    }

    private static IPieceScanner? Known(string pattern) => pattern switch
    {
        PreTokenizerPatterns.Llama3 => new Llama3Scanner(),
        PreTokenizerPatterns.Gpt2 => new Gpt2Scanner(),
        PreTokenizerPatterns.Separate => new SeparateScanner(),
        _ => null,
    };

    private static IEnumerable<JsonField> Flatten(JsonField field) =>
        field["type"].AsString() == "Sequence" ? field["pretokenizers"].Items().SelectMany(Flatten) : [field];

    /// <summary>The pattern whose matches the step isolates; null when it leaves pieces as they are.</summary>
    private static string? Pattern(JsonField step)
    {
        switch (step["type"].AsString())
        {
            case "Split":
                var pattern = step["pattern"].Find("Regex")?.AsString() ?? Regex.Escape(step["pattern"]["String"].AsString());
                RequireIsolated(step, matchesAll: Known(pattern) is not null);
                return pattern;
            case "Digits":
                return step.Flag("individual_digits") ? PreTokenizerPatterns.SingleDigits : PreTokenizerPatterns.Digits;
            case "Punctuation":
                RequireIsolated(step, matchesAll: false);
                return PreTokenizerPatterns.Punctuation;
            case "ByteLevel":
                return step.Flag("add_prefix_space", otherwise: true)
                    ? throw step["add_prefix_space"].Unsupported("true", "false")
                    : step.Flag("use_regex", otherwise: true) ? PreTokenizerPatterns.Gpt2 : null;
            case var type:
                throw step.Unsupported(type, "Split, Digits, Punctuation, ByteLevel and Sequence");
        }
    }

    /// <param name="matchesAll">Whether matches follow each other without gaps, so that removing the gaps is isolating the matches.</param>
    private static void RequireIsolated(JsonField step, bool matchesAll)
    {
        var behavior = step.Find("behavior")?.AsString() ?? "Isolated";
        var inverts = step.Flag("invert");
        if (matchesAll && inverts && behavior.Equals("Removed", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }

        if (!behavior.Equals("Isolated", StringComparison.OrdinalIgnoreCase))
        {
            throw step["behavior"].Unsupported(behavior, "Isolated");
        }

        if (inverts)
        {
            throw step["invert"].Unsupported("true", "false");
        }
    }

    private static PieceTable WholePieces(Dictionary<string, int> vocabulary, HashSet<int> special)
    {
        var pieces = new PieceTable();
        foreach (var (token, id) in vocabulary)
        {
            if (!special.Contains(id) && ByteLevelAlphabet.BytesOf(token) is { } bytes)
            {
                pieces.Add(bytes, id);
            }
        }

        return pieces;
    }
}
