using FineTune.Core.Models;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests;

/// <summary>Files beside the test assembly.</summary>
internal static class Fixture
{
    public static string Corpus { get; } = File.ReadAllText(Path("corpus.txt"));

    public static string Path(params string[] parts) => System.IO.Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public static Tokenizer Tokenizer(string name) => Data.Tokenizers.Tokenizer.Load(Path(name));

    /// <summary>A family's template of the catalogue, or the one of models made here, for a fixture's tokenizer.</summary>
    public static ChatTemplate Template(string family, DateOnly? today = null, string tokenizer = "llama3") =>
        new(Tokenizer(tokenizer), ModelCatalogue.ChatTemplateText(family) ?? Llama3Tokens.ChatTemplate, today ?? new DateOnly(2025, 3, 6));
}
