using System.Text.Json.Serialization;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Json;

namespace FineTune.Core.Runs;

/// <summary>The origin product's run statuses.</summary>
[JsonConverter(typeof(UpperSnakeCaseConverter<RunStatus>))]
public enum RunStatus
{
    Pending,
    Queued,
    Running,
    Paused,
    Terminating,
    Completed,
    Failed,
    Canceled,
}

public static class RunStatuses
{
    /// <summary>Whether nothing can happen to the run any more.</summary>
    public static bool HasEnded(this RunStatus status) => status is RunStatus.Completed or RunStatus.Failed or RunStatus.Canceled;
}

/// <summary>Where a run stands: the orchestration's custom status (at most 16 KB).</summary>
/// <param name="Phase">The step under way, or the last one.</param>
/// <param name="Epoch">From 1; 0 before training.</param>
/// <param name="Registered">e.g. <c>main.demo.ner</c> version 1, once registered.</param>
/// <param name="Warnings">Of the trained model's evaluation.</param>
public sealed record RunState(
    RunStatus Status,
    string Phase,
    int Epoch = 0,
    int Epochs = 0,
    long TotalSteps = 0,
    EpochMetrics? LastEpoch = null,
    RegisteredVersion? Registered = null,
    Fault? Fault = null,
    IReadOnlyList<string>? Warnings = null);

/// <summary>A version in the registry.</summary>
public sealed record RegisteredVersion(string Name, int Version);

/// <summary>Something that happened to a run. Events with equal <paramref name="Id"/> are one event, however often recorded.</summary>
/// <param name="Type">The origin product's types, e.g. <c>CREATED</c>, <c>DATA_VALIDATED</c>, <c>TRAIN_UPDATED</c>.</param>
public sealed record RunEvent(string Id, DateTimeOffset Time, string Type, string Message);
