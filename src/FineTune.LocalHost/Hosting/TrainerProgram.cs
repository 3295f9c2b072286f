using System.Diagnostics;
using FineTune.Core.Faults;
using FineTune.LocalHost.Supervision;

namespace FineTune.LocalHost.Hosting;

/// <summary>The trainer beside this program: the very program the GPU container runs.</summary>
public sealed class TrainerProgram(string connectionString, string cacheDirectory, Func<string, string?> setting)
{
    private const string FileName = "FineTune.Trainer.dll";
    private const string ServeReady = "Serving on ";

    /// <summary>Locally a dead trainer's job is free again after ten seconds, and checkpoints come often: they are small.</summary>
    private static readonly IReadOnlyDictionary<string, string> LocalDefaults = new Dictionary<string, string>
    {
        ["FINETUNE_LEASE_SECONDS"] = "10",
        ["FINETUNE_CHECKPOINT_SECONDS"] = "10",
        ["FINETUNE_POLL_SECONDS"] = "0.2",
        ["FINETUNE_MAX_DELIVERIES"] = "20",
    };

    /// <summary>Where the generation server listens; null until it is ready.</summary>
    public Uri? ServeAddress { get; private set; }

    /// <summary>The trainer that takes epochs.</summary>
    public ChildSpec Worker => new("trainer", () => Command("work", inHost: true)) { Grace = TimeSpan.FromSeconds(30) };

    /// <summary>The generation server.</summary>
    public ChildSpec Server => new("generator", () => Command("serve", inHost: true))
    {
        IsReady = line =>
        {
            if (line.StartsWith(ServeReady, StringComparison.Ordinal))
            {
                ServeAddress = new Uri(line[ServeReady.Length..]);
            }

            return ServeAddress is not null;
        },
    };

    /// <summary>Runs one of the trainer's commands to its end.</summary>
    /// <returns>Exit code, and everything it wrote.</returns>
    public async Task<(int ExitCode, string Output)> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        var command = Command(arguments[0], inHost: false);
        foreach (var argument in arguments.Skip(1))
        {
            command.ArgumentList.Add(argument);
        }

        command.RedirectStandardOutput = command.RedirectStandardError = true;
        using var process = Process.Start(command)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, (await output + await errors).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private ProcessStartInfo Command(string verb, bool inHost)
    {
        var command = new ProcessStartInfo(DotNetHost.Program) { ArgumentList = { Locate(), verb } };
        foreach (var (name, value) in LocalDefaults)
        {
            command.Environment[name] = setting(name) is { Length: > 0 } given ? given : value;
        }

        command.Environment["AzureWebJobsStorage"] = connectionString;
        command.Environment["FINETUNE_CACHE"] = cacheDirectory;
        command.Environment["FINETUNE_EXIT_WITH_INPUT"] = inHost ? "1" : "0";
        return command;
    }

    private string Locate()
    {
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        string[] candidates =
        [
            setting("FINETUNE_TRAINER") ?? "",
            Path.Combine(here, "trainer", FileName),
            Path.Combine(here, "..", "..", "FineTune.Trainer", Path.GetFileName(here), FileName),
        ];
        return candidates.FirstOrDefault(File.Exists) is { } found ? Path.GetFullPath(found) : throw new FaultException(Fault.Platform(
            "start_host",
            "trainer_missing",
            $"{FileName} is not beside this program. Build it (dotnet build src/FineTune.Trainer), or name it in FINETUNE_TRAINER."));
    }
}
