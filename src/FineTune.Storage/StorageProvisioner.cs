using FineTune.Core.Storage;

namespace FineTune.Storage;

/// <summary>Creates what the service needs in an account that lacks it.</summary>
public sealed class StorageProvisioner(StorageClients clients)
{
    /// <summary>Creates the containers and queues that are missing. Safe to repeat and to run in several hosts at once.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken = default)
    {
        var containers = Containers.All.Select(name =>
            (Task)clients.Blobs.GetBlobContainerClient(name).CreateIfNotExistsAsync(cancellationToken: cancellationToken));
        var queues = Queues.All.Select(name =>
            (Task)clients.Queues.GetQueueClient(name).CreateIfNotExistsAsync(cancellationToken: cancellationToken));
        await Task.WhenAll(containers.Concat(queues));
    }
}
