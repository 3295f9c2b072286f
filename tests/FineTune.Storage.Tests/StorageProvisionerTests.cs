using FineTune.Core.Storage;
using FineTune.Testing.Storage;

namespace FineTune.Storage.Tests;

public sealed class StorageProvisionerTests(AzuriteFixture azurite)
{
    [Fact]
    public async Task EnsureAsync_TwiceAtOnce_EverythingThere()
    {
        var token = TestContext.Current.CancellationToken;
        var clients = new StorageClients(new StorageOptions { ConnectionString = azurite.NewConnectionString() });
        var provisioner = new StorageProvisioner(clients);

        await Task.WhenAll(provisioner.EnsureAsync(token), provisioner.EnsureAsync(token));

        var containers = await clients.Blobs.GetBlobContainersAsync(cancellationToken: token).Select(found => found.Name).ToListAsync(token);
        var queues = await clients.Queues.GetQueuesAsync(cancellationToken: token).Select(found => found.Name).ToListAsync(token);
        Assert.Equal(Containers.All.Order(), containers.Order());
        Assert.Equal(Queues.All.Order(), queues.Order());
    }
}
