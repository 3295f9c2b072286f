using FineTune.Cli.Hosting;
using FineTune.Cli.Terminals;

namespace FineTune.Cli;

/// <summary>Everything a command takes from outside.</summary>
public sealed record CliContext(Terminal Terminal)
{
    /// <summary>Reads an environment variable.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Pause between two looks at a run.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a command that follows a run waits for a host that went away, e.g. to be restarted.</summary>
    public TimeSpan ReconnectWindow { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Starts the host inside this process.</summary>
    public StartLocalHost StartHost { get; init; } = LocalHostAdapter.StartAsync;

    public HoldData HoldData { get; init; } = LocalHostAdapter.HoldAsync;

    /// <summary>Below it lie the data of hosts started without <c>--data</c>.</summary>
    public string UserDirectory { get; init; } = Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "finetune");

    /// <summary>The sample data shipped with the command.</summary>
    public string SamplesDirectory { get; init; } = Path.Combine(AppContext.BaseDirectory, "samples");
}
