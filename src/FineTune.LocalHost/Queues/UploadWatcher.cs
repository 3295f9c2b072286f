using System.Text.Json;
using FineTune.Core.Storage;
using FineTune.Workflows.Uploads;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Queues;

/// <summary>
/// Does locally what Event Grid does in Azure: announces each new ETag of the datasets container on the <c>uploads</c> queue, in the
/// same envelope. What was announced is remembered in the data folder; announcing twice is harmless.
/// </summary>
public sealed class UploadWatcher(
    IBlobStore blobs, IMessageQueues queues, string memoryFile, TimeSpan poll, TimeProvider clock, ILogger<UploadWatcher> logger) : BackgroundService
{
    private readonly Dictionary<string, string> announced = Load(memoryFile);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(poll, clock);
        do
        {
            try
            {
                await AnnounceAsync(stoppingToken);
            }
            catch (Exception trouble) when (trouble is not OperationCanceledException)
            {
                logger.LogWarning(trouble, "The datasets container cannot be listed; trying again");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task AnnounceAsync(CancellationToken cancellationToken)
    {
        var news = false;
        await foreach (var blob in blobs.ListAsync(Containers.Datasets, "", cancellationToken))
        {
            if (announced.TryGetValue(blob.Path.Name, out var etag) && etag == blob.ETag)
            {
                continue;
            }

            var created = new BlobCreatedEvent(
                $"/blobServices/default/containers/{blob.Path.Container}/blobs/{blob.Path.Name}",
                new BlobCreatedData(blob.Path.ToString(), blob.ETag),
                EventType: BlobCreatedEvent.BlobCreated);
            await queues.Open(Core.Storage.Queues.Uploads).SendAsync(created.ToMessage(), cancellationToken: cancellationToken);
            announced[blob.Path.Name] = blob.ETag;
            news = true;
        }

        if (news)
        {
            var partial = memoryFile + ".partial";
            await File.WriteAllTextAsync(partial, JsonSerializer.Serialize(announced), cancellationToken);
            File.Move(partial, memoryFile, overwrite: true);
        }
    }

    private static Dictionary<string, string> Load(string file) => File.Exists(file)
        ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file)) ?? []
        : [];
}
