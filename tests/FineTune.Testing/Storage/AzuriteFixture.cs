using System.Globalization;
using FineTune.Core.Storage;
using FineTune.LocalHost.Azurite;
using FineTune.LocalHost.Supervision;
using FineTune.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace FineTune.Testing.Storage;

/// <summary>
/// One Azurite in memory for a test assembly: <c>[assembly: AssemblyFixture(typeof(AzuriteFixture))]</c>. Each caller of
/// <see cref="NewAccountAsync"/> gets an account nobody else uses.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private const int AccountCount = 500;
    private readonly AzuriteAccount[] accounts =
        [.. Enumerable.Range(0, AccountCount).Select(n => AzuriteAccount.Create(string.Create(CultureInfo.InvariantCulture, $"test{n:D4}")))];

    private AzuriteServer? server;
    private ChildProcess? process;
    private int used = -1;

    public async ValueTask InitializeAsync()
    {
        var azurite = await new AzuriteInstaller(AzuriteInstaller.DefaultCacheRoot, NullLogger.Instance).EnsureAsync();
        server = new AzuriteServer(azurite, new AzuriteOptions(accounts));
        process = await ChildProcess.StartReadyAsync(server.Spec, _ => { });
    }

    /// <summary>The connection string of an account without containers or queues.</summary>
    public string NewConnectionString() => server!.ConnectionString(accounts[Interlocked.Increment(ref used)]);

    /// <summary>An account with the containers and queues of the service.</summary>
    public async Task<TestAccount> NewAccountAsync(CancellationToken cancellationToken = default)
    {
        var connection = NewConnectionString();
        var clients = new StorageClients(new StorageOptions { ConnectionString = connection });
        await new StorageProvisioner(clients).EnsureAsync(cancellationToken);
        return new TestAccount(connection, clients, new AzureBlobStore(clients.Blobs), new AzureMessageQueues(clients.Queues));
    }

    public async ValueTask DisposeAsync()
    {
        if (process is not null)
        {
            await process.DisposeAsync();
        }
    }
}

/// <summary>A storage account of the emulator for one test or test class.</summary>
public sealed record TestAccount(string ConnectionString, StorageClients Clients, IBlobStore Blobs, IMessageQueues Queues);
