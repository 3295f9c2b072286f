using FineTune.Core.Json;

namespace FineTune.Workflows.Durable;

/// <summary>What a client sees of an instance. Serialized fields are JSON, null unless they were asked for or never set.</summary>
public sealed record OrchestrationMetadata(
    string Name,
    string InstanceId,
    OrchestrationRuntimeStatus RuntimeStatus,
    DateTimeOffset CreatedAt,
    DateTimeOffset LastUpdatedAt,
    string? SerializedInput = null,
    string? SerializedOutput = null,
    string? SerializedCustomStatus = null,
    TaskFailureDetails? FailureDetails = null,
    string? Version = null,
    string? ParentInstanceId = null)
{
    public bool IsCompleted => RuntimeStatus.IsTerminal();

    public bool IsRunning => !IsCompleted;

    public T? ReadInputAs<T>() => Read<T>(SerializedInput);

    public T? ReadOutputAs<T>() => Read<T>(SerializedOutput);

    public T? ReadCustomStatusAs<T>() => Read<T>(SerializedCustomStatus);

    private static T? Read<T>(string? json) => json is null ? default : WireJson.Deserialize<T>(json);
}
