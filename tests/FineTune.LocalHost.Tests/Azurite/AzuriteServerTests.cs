using System.Diagnostics;
using FineTune.Core.Storage;
using FineTune.LocalHost.Azurite;
using FineTune.LocalHost.Supervision;
using FineTune.Storage;
using FineTune.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace FineTune.LocalHost.Tests.Azurite;

public sealed class AzuriteServerTests : IDisposable
{
    private static readonly BlobPath Path = new(Containers.Runs, "kept.json");
    private readonly TemporaryFolder data = new();
    private readonly AzuriteAccount account = AzuriteAccount.Create("finetune");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Spec_StoppedAndStarted_SamePortsAndData()
    {
        var server = await ServerAsync();
        await using (await ChildProcess.StartReadyAsync(server.Spec, _ => { }, Token))
        {
            await WriteAsync(server);
        }

        var before = server.ConnectionString(account);
        await using var again = await ChildProcess.StartReadyAsync(server.Spec, _ => { }, Token);

        Assert.Equal(before, server.ConnectionString(account));
        Assert.Equal("\"kept\"", await BlobsOf(server).ReadTextAsync(Path, Token));
    }

    [Fact]
    public async Task Spec_HostDies_StopsInGoodOrderAndKeepsTheData()
    {
        var server = await ServerAsync();
        var command = server.Spec.Command();
        command.RedirectStandardInput = command.RedirectStandardOutput = true;
        using (var azurite = Process.Start(command)!)
        {
            while (!server.Spec.IsReady!((await azurite.StandardOutput.ReadLineAsync(Token))!))
            {
            }

            await WriteAsync(server);

            // What a kill of the host does to its pipes; the next host's request follows on its heels.
            azurite.StandardOutput.Close();
            azurite.StandardInput.Close();
            Signals.RequestEnd(azurite.Id);
            await azurite.WaitForExitAsync(Token);
            Assert.Equal(0, azurite.ExitCode);
        }

        await using var again = await ChildProcess.StartReadyAsync(server.Spec, _ => { }, Token);
        Assert.Equal("\"kept\"", await BlobsOf(server).ReadTextAsync(Path, Token));
    }

    [Fact]
    public void LoadOrCreate_Twice_SameAccountReadableByTheOwnerAlone()
    {
        var file = data["account.json"];
        var created = AzuriteAccount.LoadOrCreate(file, "finetune");

        Assert.Equal(created, AzuriteAccount.LoadOrCreate(file, "finetune"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain(created.Key, created.ToString(), StringComparison.Ordinal);
    }

    private static AzureBlobStore BlobsOf(StorageClients clients) => new(clients.Blobs);

    private AzureBlobStore BlobsOf(AzuriteServer server) => BlobsOf(ClientsOf(server));

    private StorageClients ClientsOf(AzuriteServer server) => new(new StorageOptions { ConnectionString = server.ConnectionString(account) });

    private async Task WriteAsync(AzuriteServer server)
    {
        var clients = ClientsOf(server);
        await new StorageProvisioner(clients).EnsureAsync(Token);
        await BlobsOf(clients).WriteJsonAsync(Path, "kept", Token);
    }

    private async Task<AzuriteServer> ServerAsync()
    {
        var azurite = await new AzuriteInstaller(AzuriteInstaller.DefaultCacheRoot, NullLogger.Instance).EnsureAsync(Token);
        return new AzuriteServer(azurite, new AzuriteOptions([account], data["azurite"]));
    }
}
