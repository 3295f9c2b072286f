using FineTune.Core.Storage;
using FineTune.Functions.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Uploads;
using Microsoft.Azure.Functions.Worker;
using AzureClient = Microsoft.DurableTask.Client.DurableTaskClient;

namespace FineTune.Functions.Triggers;

/// <summary>What arrives by queue; the local host pumps the same queues into the same handlers.</summary>
public sealed class QueueFunctions(UploadHandler uploads)
{
    /// <summary>A trainer's report becomes the event its orchestration waits for; a late one is dropped.</summary>
    [Function("EpochResults")]
    public static Task EpochResults(
        [QueueTrigger(Queues.EpochResults)] string body, [DurableClient] AzureClient client, CancellationToken cancellationToken) =>
        EpochResultHandler.HandleAsync(body, new AzureDurableClient(client), cancellationToken);

    /// <summary>An upload, told by Event Grid, may start a run.</summary>
    [Function("Uploads")]
    public Task Uploads(
        [QueueTrigger(Queues.Uploads)] string body, [DurableClient] AzureClient client, CancellationToken cancellationToken) =>
        uploads.HandleAsync(body, new AzureDurableClient(client), cancellationToken);
}
