using System.CommandLine;

namespace FineTune.Cli;

/// <summary>The options every command has.</summary>
public sealed class GlobalOptions
{
    public const string HostVariable = "FINETUNE_HOST";
    public const string DefaultHost = "http://127.0.0.1:7071";

    public Option<bool> Json { get; } = new("--json")
    {
        Recursive = true,
        Description = "Write JSON, one value a line, to standard output.",
    };

    public Option<string?> Host { get; } = new("--host")
    {
        Recursive = true,
        HelpName = "URL",
        Description = $"The host to talk to; default {HostVariable} or {DefaultHost}.",
    };
}
