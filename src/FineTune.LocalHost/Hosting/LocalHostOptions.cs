namespace FineTune.LocalHost.Hosting;

/// <summary>How to run the service in one process.</summary>
public sealed record LocalHostOptions
{
    /// <summary>Holds everything: storage, the durable engine's database, logs, caches. One host a folder.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; } = 7071;

    /// <summary>Text from which the tokenizer of <c>finetune/tiny-llama</c> is learned on first start.</summary>
    public IReadOnlyList<string> SampleTexts { get; init; } = ShippedTexts();

    /// <summary>Settings, by name; environment variables unless a test says otherwise.</summary>
    public Func<string, string?> Setting { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Whether log lines go to the console (standard error); they always go to the data folder.</summary>
    public bool LogToConsole { get; init; } = true;

    private static string[] ShippedTexts()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "samples", "text");
        var pairs = Path.Combine(AppContext.BaseDirectory, "samples", "ner", "train.jsonl");
        return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.txt").Order(StringComparer.Ordinal), pairs] : [];
    }
}
