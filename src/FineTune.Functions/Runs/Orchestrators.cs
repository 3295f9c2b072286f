using FineTune.Functions.Durable;
using FineTune.Workflows.Durable;
using Microsoft.Azure.Functions.Worker;
using AzureContext = Microsoft.DurableTask.TaskOrchestrationContext;

namespace FineTune.Functions.Runs;

/// <summary>The registry's orchestrators as functions; the host finds them by these attributes.</summary>
public sealed class Orchestrators(DurableTaskRegistry registry)
{
    [Function("TrainRun")]
    public Task<object?> TrainRun([OrchestrationTrigger] AzureContext context) => RunAsync(context);

    [Function("RefusedRun")]
    public Task<object?> RefusedRun([OrchestrationTrigger] AzureContext context) => RunAsync(context);

    [Function("TrainEpoch")]
    public Task<object?> TrainEpoch([OrchestrationTrigger] AzureContext context) => RunAsync(context);

    private Task<object?> RunAsync(AzureContext context) =>
        new AzureOrchestrationContext(context).RunAsync(registry.Orchestrators[context.Name.Name]);
}
