using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using FineTune.Core.Json;
using FineTune.LocalHost.Supervision;

namespace FineTune.EndToEnd.Tests;

/// <summary>One <c>finetune up</c> as a process, on a data folder that outlives it.</summary>
public sealed class HostProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly string dataDirectory;

    private HostProcess(Process process, string dataDirectory, Uri address)
    {
        (this.process, this.dataDirectory) = (process, dataDirectory);
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
    }

    public HttpClient Http { get; }

    /// <summary>Starts the host and waits until it serves.</summary>
    public static async Task<HostProcess> StartAsync(string dataDirectory, params IReadOnlyList<(string Name, string Value)> settings)
    {
        var process = BuiltProgram.Start("FineTune.Cli", "finetune.dll", ["--json", "up", "--data", dataDirectory, "--port", "0"], settings);
        var errors = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException($"finetune up ended: {await errors}");
        using var started = JsonDocument.Parse(line);
        return new HostProcess(process, dataDirectory, new Uri(started.RootElement.GetProperty("address").GetString()!));
    }

    /// <summary><c>kill -9</c> of the host alone: its children find themselves orphans.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary><c>kill -9</c> of the trainer, if one is running.</summary>
    public void KillTrainer() => End("trainer", victim => victim.Kill());

    /// <summary>SIGTERM for the storage emulator: the supervisor starts it again.</summary>
    public void StopStorage() => End("azurite", victim => Terminate(victim.Id));

    private void End(string role, Action<Process> end)
    {
        var ledger = Path.Combine(dataDirectory, "processes.json");
        var children = WireJson.Deserialize<List<LedgerEntry>>(File.ReadAllText(ledger));
        foreach (var child in children.Where(child => child.Role == role && child.Process.IsAlive()))
        {
            using var victim = Process.GetProcessById(child.Process.Pid);
            end(victim);
        }
    }

    public async Task<T> GetAsync<T>(string path) => (await Http.GetFromJsonAsync<T>(path, WireJson.Options))!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!process.HasExited)
        {
            // SIGTERM, as a terminal's Ctrl-C or a service manager would.
            Terminate(process.Id);
            await process.WaitForExitAsync();
        }

        process.Dispose();
    }

    private static void Terminate(int pid)
    {
        using var kill = Process.Start("kill", [pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
