using FineTune.Core.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Storage;

public static class StorageServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IBlobStore"/>, <see cref="IMessageQueues"/> and <see cref="StorageProvisioner"/> of one account.</summary>
    /// <exception cref="Core.Faults.FaultException">The options do not name exactly one account.</exception>
    public static IServiceCollection AddFineTuneStorage(this IServiceCollection services, StorageOptions options)
    {
        var clients = new StorageClients(options);
        return services
            .AddSingleton(clients)
            .AddSingleton<StorageProvisioner>()
            .AddSingleton<IBlobStore>(new AzureBlobStore(clients.Blobs))
            .AddSingleton<IMessageQueues>(new AzureMessageQueues(clients.Queues));
    }
}
