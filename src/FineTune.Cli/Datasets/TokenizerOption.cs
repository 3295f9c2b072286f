using System.CommandLine;

namespace FineTune.Cli.Datasets;

/// <summary>The option that names a tokenizer's folder.</summary>
public static class TokenizerOption
{
    public static Option<DirectoryInfo> Create()
    {
        var option = new Option<DirectoryInfo>("--tokenizer")
        {
            HelpName = "DIR",
            Required = true,
            Description = "A model's folder with tokenizer.json, or tiktoken's ranks, and, for chat, tokenizer_config.json.",
        };
        option.AcceptExistingOnly();
        return option;
    }
}
