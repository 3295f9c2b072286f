using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests;

/// <summary>Files beside the test assembly.</summary>
internal static class Fixture
{
    public static string Corpus { get; } = File.ReadAllText(Path("corpus.txt"));

    public static string Path(params string[] parts) => System.IO.Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    public static Tokenizer Tokenizer(string name) => Data.Tokenizers.Tokenizer.Load(Path(name));
}
