using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable.Store;

/// <summary>A row of <c>instances</c>.</summary>
/// <param name="Sequence">Order of creation.</param>
/// <param name="Execution">Generation: changes with continue-as-new and with a restart by the same id.</param>
internal sealed record InstanceRecord(
    long Sequence,
    string Id,
    string Execution,
    string Name,
    string Version,
    OrchestrationRuntimeStatus Status,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string? Input,
    string? Output,
    string? CustomStatus,
    TaskFailureDetails? Failure,
    ParentRecord? Parent)
{
    public OrchestrationMetadata ToMetadata(bool payloads) => new(
        Name,
        Id,
        Status,
        CreatedAt,
        UpdatedAt,
        payloads ? Input : null,
        payloads ? Output : null,
        payloads ? CustomStatus : null,
        Failure,
        Version,
        Parent?.Id);
}

/// <summary>Who waits for a child: the parent's instance, generation and task.</summary>
internal sealed record ParentRecord(string Name, string Id, string Execution, int TaskId);

/// <param name="StartAt">When its first turn is due.</param>
internal sealed record NewInstance(string Id, string Name, string Version, string? Input, DateTimeOffset StartAt, ParentRecord? Parent = null);

/// <summary>An activity to run; its row stays until its result is committed.</summary>
internal sealed record ActivityWorkItem(long Sequence, string InstanceId, string Execution, int TaskId, string Name, string? Input);
