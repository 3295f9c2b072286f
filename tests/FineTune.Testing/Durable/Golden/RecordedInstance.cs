using System.Text.Json;
using System.Text.Json.Serialization;
using FineTune.Core.Json;
using FineTune.Workflows.Durable;

namespace FineTune.Testing.Durable.Golden;

/// <summary>An instance as an engine left it, with everything a replay of its history needs.</summary>
/// <param name="Parent">Who started it; null for a client.</param>
public sealed record RecordedInstance(
    string Name,
    string InstanceId,
    string Version,
    ParentOrchestrationInstance? Parent,
    OrchestrationRuntimeStatus Status,
    string? Input,
    IReadOnlyList<HistoryEvent> History)
{
    private static readonly JsonSerializerOptions Options = new(WireJson.Indented)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>All instances whose ids begin with <paramref name="prefix"/>, by id. Stack traces are left out: they tell of machines.</summary>
    public static async Task<IReadOnlyList<RecordedInstance>> RecordAsync(DurableTaskClient client, string prefix)
    {
        var query = new OrchestrationQuery(InstanceIdPrefix: prefix, FetchInputsAndOutputs: true);
        var instances = await client.GetAllInstancesAsync(query).OrderBy(instance => instance.InstanceId, StringComparer.Ordinal).ToListAsync();
        var names = instances.ToDictionary(instance => instance.InstanceId, instance => instance.Name);
        var recorded = new List<RecordedInstance>();
        foreach (var instance in instances)
        {
            var history = await client.GetOrchestrationHistoryAsync(instance.InstanceId);
            recorded.Add(new RecordedInstance(
                instance.Name,
                instance.InstanceId,
                instance.Version!,
                instance.ParentInstanceId is { } parent ? new ParentOrchestrationInstance(names[parent], parent) : null,
                instance.RuntimeStatus,
                instance.SerializedInput,
                [.. history.Select(e => e with { FailureDetails = WithoutTrace(e.FailureDetails) })]));
        }

        return recorded;
    }

    public static string Write(IReadOnlyList<RecordedInstance> instances) => JsonSerializer.Serialize(instances, Options) + "\n";

    public static IReadOnlyList<RecordedInstance> Read(string json) => JsonSerializer.Deserialize<List<RecordedInstance>>(json, Options)!;

    private static TaskFailureDetails? WithoutTrace(TaskFailureDetails? failure) =>
        failure is null ? null : failure with { StackTrace = null, InnerFailure = WithoutTrace(failure.InnerFailure) };
}
