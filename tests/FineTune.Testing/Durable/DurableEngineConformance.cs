using FineTune.Workflows.Durable;

namespace FineTune.Testing.Durable;

/// <summary>What every engine behind the durable port promises. Subclasses say how to start one.</summary>
public abstract partial class DurableEngineConformance
{
    /// <summary>The suite's unit of time: as short as the engine's clock allows a test to wait for.</summary>
    protected virtual TimeSpan Tick => TimeSpan.FromMinutes(1);

    protected abstract Task<DurableEngineUnderTest> StartEngineAsync(
        DurableTaskRegistry registry, int maxConcurrentActivities = 10, string defaultVersion = "");

    /// <summary>A registry whose orchestrator <c>Flow</c> is <paramref name="flow"/>.</summary>
    protected static DurableTaskRegistry Flow<TOutput>(Func<TaskOrchestrationContext, Task<TOutput>> flow) =>
        new DurableTaskRegistry().AddOrchestrator<object?, TOutput>("Flow", (context, _) => flow(context));

    private protected static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
