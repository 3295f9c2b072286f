using System.Text.RegularExpressions;

namespace FineTune.Data.Tokenizers;

/// <summary>Reads the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>: Split, Digits, Punctuation, ByteLevel and sequences of them.</summary>
internal static class PreTokenizerReader
{
    public static PreTokenizer Read(JsonField root)
    {
        if (root.Find("pre_tokenizer") is not { } field)
        {
            throw root.Unsupported("without pre_tokenizer", "a pre_tokenizer that ends with ByteLevel");
        }

        var steps = Flatten(field).ToList();
        if (steps.Count == 0 || steps[^1]["type"].AsString() != "ByteLevel")
        {
            throw field.Unsupported("not byte-level", "a pre_tokenizer that ends with ByteLevel");
        }

        var patterns = steps.Select(step => (Step: step, Pattern: Pattern(step))).Where(stage => stage.Pattern is not null).ToList();
        foreach (var (step, pattern) in patterns)
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

        return new PreTokenizer(patterns.Select(stage => stage.Pattern!));
    }

    private static IEnumerable<JsonField> Flatten(JsonField field) =>
        field["type"].AsString() == "Sequence" ? field["pretokenizers"].Items().SelectMany(Flatten) : [field];

    /// <summary>The pattern whose matches the step isolates; null when it leaves pieces as they are.</summary>
    private static string? Pattern(JsonField step)
    {
        switch (step["type"].AsString())
        {
            case "Split":
                RequireIsolated(step);
                var pattern = step["pattern"];
                return pattern.Find("Regex")?.AsString() ?? Regex.Escape(pattern["String"].AsString());
            case "Digits":
                return step.Flag("individual_digits") ? PreTokenizerPatterns.SingleDigits : PreTokenizerPatterns.Digits;
            case "Punctuation":
                RequireIsolated(step);
                return PreTokenizerPatterns.Punctuation;
            case "ByteLevel":
                return step.Flag("add_prefix_space", otherwise: true)
                    ? throw step["add_prefix_space"].Unsupported("true", "false")
                    : step.Flag("use_regex", otherwise: true) ? PreTokenizerPatterns.Gpt2 : null;
            case var type:
                throw step.Unsupported(type, "Split, Digits, Punctuation, ByteLevel and Sequence");
        }
    }

    private static void RequireIsolated(JsonField step)
    {
        if (step.Find("behavior")?.AsString() is { } behavior && !behavior.Equals("Isolated", StringComparison.OrdinalIgnoreCase))
        {
            throw step["behavior"].Unsupported(behavior, "Isolated");
        }

        if (step.Flag("invert"))
        {
            throw step["invert"].Unsupported("true", "false");
        }
    }
}
