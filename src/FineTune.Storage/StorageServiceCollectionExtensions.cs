using FineTune.Core.Datasets;
using FineTune.Core.Storage;
using FineTune.Storage.Data;
using FineTune.Storage.Hub;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Storage;

public static class StorageServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IBlobStore"/>, <see cref="IMessageQueues"/>, <see cref="IDataStore"/> and <see cref="StorageProvisioner"/> of one account.</summary>
    /// <exception cref="Core.Faults.FaultException">The options do not name exactly one account.</exception>
    public static IServiceCollection AddFineTuneStorage(this IServiceCollection services, StorageOptions options)
    {
        var clients = new StorageClients(options);
        var blobs = new AzureBlobStore(clients.Blobs);
        return services
            .AddSingleton(clients)
            .AddSingleton<StorageProvisioner>()
            .AddSingleton<IBlobStore>(blobs)
            .AddSingleton<IDataStore>(new AzureDataStore(clients.Blobs, new SasSeal(blobs), clients.ConnectTo))
            .AddSingleton<IMessageQueues>(new AzureMessageQueues(clients.Queues));
    }

    /// <summary>Adds the Hugging Face hub as a place data may lie in.</summary>
    public static IServiceCollection AddHub(this IServiceCollection services, HubOptions options) => services
        .AddSingleton<IDataStore>(provider => new HubDataStore(options, provider.GetService<TimeProvider>() ?? TimeProvider.System));
}
