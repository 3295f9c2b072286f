using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using FineTune.LocalHost.Supervision;

namespace FineTune.LocalHost.Azurite;

/// <summary>How to run Azurite. It listens on loopback only.</summary>
/// <param name="Accounts">At least one.</param>
/// <param name="Folder">Where its data lives; null keeps them in memory.</param>
/// <param name="BlobPort">0 lets the system choose, once; a restart uses the same port again.</param>
/// <param name="QueuePort">As <paramref name="BlobPort"/>.</param>
/// <param name="TablePort">As <paramref name="BlobPort"/>.</param>
public sealed record AzuriteOptions(
    IReadOnlyList<AzuriteAccount> Accounts, string? Folder = null, int BlobPort = 0, int QueuePort = 0, int TablePort = 0);

/// <summary>Azurite as a child of this host: what to start, when it is ready and how to reach it.</summary>
public sealed partial class AzuriteServer
{
    private readonly AzuriteInstallation installation;
    private readonly AzuriteOptions options;
    private readonly Dictionary<string, int> ports;
    private readonly HashSet<string> listening = [];

    public AzuriteServer(AzuriteInstallation azurite, AzuriteOptions azuriteOptions)
    {
        (installation, options) = (azurite, azuriteOptions);
        ports = new() { ["Blob"] = options.BlobPort, ["Queue"] = options.QueuePort, ["Table"] = options.TablePort };

        // Generous: on a busy machine it loads slowly, and a kill in the middle of its shutdown loses its last seconds of writes.
        Spec = new ChildSpec("azurite", Command)
        {
            IsReady = Observe,
            ReadyWithin = TimeSpan.FromMinutes(3),
            Grace = TimeSpan.FromSeconds(30),
        };
    }

    public ChildSpec Spec { get; }

    /// <summary>How to reach <paramref name="account"/>; valid once the server is ready.</summary>
    public string ConnectionString(AzuriteAccount account)
    {
        string Endpoint(string service) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports[service]}/{account.Name}");
        return $"DefaultEndpointsProtocol=http;AccountName={account.Name};AccountKey={account.Key};BlobEndpoint={Endpoint("Blob")};"
            + $"QueueEndpoint={Endpoint("Queue")};TableEndpoint={Endpoint("Table")};";
    }

    private ProcessStartInfo Command()
    {
        listening.Clear();
        var command = new ProcessStartInfo(installation.Node)
        {
            ArgumentList =
            {
                "--require",
                installation.Guard,
                installation.EntryPoint,
                "--silent",
                "--disableTelemetry",

                // The client libraries run ahead of the emulator's list of API versions.
                "--skipApiVersionCheck",
            },
            Environment = { ["AZURITE_ACCOUNTS"] = string.Join(';', options.Accounts.Select(account => $"{account.Name}:{account.Key}")) },
        };
        foreach (var (service, port) in ports)
        {
            var name = service.ToLowerInvariant();
            command.ArgumentList.Add($"--{name}Host");
            command.ArgumentList.Add("127.0.0.1");
            command.ArgumentList.Add($"--{name}Port");
            command.ArgumentList.Add(port.ToString(CultureInfo.InvariantCulture));
        }

        if (options.Folder is null)
        {
            command.ArgumentList.Add("--inMemoryPersistence");
        }
        else
        {
            command.ArgumentList.Add("--location");
            command.ArgumentList.Add(Directory.CreateDirectory(options.Folder).FullName);
        }

        return command;
    }

    private bool Observe(string line)
    {
        if (Listening().Match(line) is { Success: true } match)
        {
            ports[match.Groups[1].Value] = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
            listening.Add(match.Groups[1].Value);
        }

        return listening.Count == ports.Count;
    }

    [GeneratedRegex(@"^Azurite (Blob|Queue|Table) service is successfully listening at http://127\.0\.0\.1:(\d+)$")]
    private static partial Regex Listening();
}
