using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Training;
using FineTune.Workflows.Epochs;

namespace FineTune.Testing.Durable.Http;

/// <summary>
/// The service's own epoch orchestration as the instance under test: it enqueues a job and waits until it is told the result, so the test
/// decides how it ends. No trainer may listen meanwhile.
/// </summary>
internal static class EpochProbe
{
    public const string Orchestrator = TrainEpoch.Name;
    private static readonly ArtifactRef Nothing = new(new BlobPath(Containers.Runs, "contract"), new string('0', 64));

    public static string EventName { get; } = TrainEpoch.EventName(1, 1);

    public static string Input(string id)
    {
        var plan = new TrainingPlan(new HyperparametersRequest().Resolve(1e-4), 1, 1, 64, 1);
        var job = new EpochJob(id, id, EventName, 1, 1, plan, Nothing, null, Nothing, null);
        return WireJson.Serialize(new TrainEpochInput(job, DispatchPolicy.Default));
    }

    /// <summary>The event's payload that makes the instance complete; its output is the same.</summary>
    public static string Result(string id) =>
        WireJson.Serialize(new EpochResult(id, id, EventName, 1, 1, EpochOutcome.Completed, Nothing, null, null));
}
