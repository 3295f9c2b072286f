using System.Diagnostics;
using FineTune.Core.Json;
using FineTune.Core.Telemetry;

namespace FineTune.Workflows.Durable;

/// <summary>Runs an orchestrator; the result is its output.</summary>
public delegate Task<object?> OrchestratorFunction(TaskOrchestrationContext context);

/// <summary>Runs an activity on a JSON input and answers JSON, or null.</summary>
public delegate Task<string?> ActivityFunction(IServiceProvider services, string? input);

/// <summary>The orchestrators and activities an engine may run, by name (case-insensitive).</summary>
public sealed class DurableTaskRegistry
{
    private readonly Dictionary<string, OrchestratorFunction> orchestrators = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, ActivityFunction> activities = new(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyDictionary<string, OrchestratorFunction> Orchestrators => orchestrators;

    public IReadOnlyDictionary<string, ActivityFunction> Activities => activities;

    public DurableTaskRegistry AddOrchestrator<TInput, TOutput>(string name, Func<TaskOrchestrationContext, TInput, Task<TOutput>> orchestrator)
    {
        orchestrators.Add(name, async context => await orchestrator(context, context.GetInput<TInput>()!));
        return this;
    }

    public DurableTaskRegistry AddActivity<TInput, TOutput>(string name, Func<IServiceProvider, TInput, Task<TOutput>> activity)
    {
        activities.Add(name, async (services, json) =>
        {
            var input = json is null ? default! : WireJson.Deserialize<TInput>(json);
            using var span = input is ITraced traced ? Traces.Start(name, traceParent: traced.TraceParent) : null;
            try
            {
                return WireJson.Serialize(await activity(services, input));
            }
            catch (Exception failure)
            {
                span?.AddException(failure).SetStatus(ActivityStatusCode.Error, failure.Message);
                throw;
            }
        });
        return this;
    }
}
