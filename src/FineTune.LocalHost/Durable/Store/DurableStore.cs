using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable.Store;

/// <summary>What clients and activities do to the store; every method is one transaction. Turns are in the other half.</summary>
internal sealed partial class DurableStore(DurableEngineOptions options, TimeProvider clock) : IDisposable
{
    // The enum's numbers are stored; terminal ones are Completed, Failed, Canceled, Terminated.
    private const string Live = Schema.Live;

    private readonly Database database = new(options);

    /// <summary>False when an instance of that id exists and has not ended.</summary>
    public bool TryCreate(NewInstance instance) => database.Write(() => Create(instance));

    /// <summary>False when there is nobody to receive the message.</summary>
    public bool TryDeliver(string instanceId, HistoryEvent message) => database.Write(() => Deliver(instanceId, message));

    public InstanceRecord? Find(string instanceId) => database.Read(() => Single(instanceId));

    /// <summary>
    /// Newest first, from those created before the one numbered <paramref name="before"/>. Payloads are read only when they are asked for, and
    /// of unended instances alone an index knows: both matter among thousands of ended ones.
    /// </summary>
    public IReadOnlyList<InstanceRecord> Query(OrchestrationQuery filter, long before, int limit) => database.Read(() => database.Rows(
        Rows.ReadInstance,
        $"""
        SELECT {(filter.FetchInputsAndOutputs ? Rows.InstanceColumns : Rows.SummaryColumns)} FROM instances
        WHERE seq < @0 AND created >= @1 AND created <= @2 AND substr(id, 1, length(@3)) = @3 AND (@4 IS NULL OR (@4 >> status) & 1)
        {(filter.Statuses?.Any(OrchestrationRuntimeStatusExtensions.IsTerminal) == false ? $"AND {Live}" : "")}
        ORDER BY seq DESC LIMIT @5
        """,
        before,
        filter.CreatedFrom?.UtcTicks ?? long.MinValue,
        filter.CreatedTo?.UtcTicks ?? long.MaxValue,
        filter.InstanceIdPrefix ?? "",
        Set(filter.Statuses),
        limit));

    public IReadOnlyList<HistoryEvent> History(string instanceId) => database.Read(() => Events(instanceId));

    /// <summary>False when there is no such instance or it has not ended.</summary>
    public bool Purge(string instanceId) => database.Write(() =>
        database.Execute($"DELETE FROM instances WHERE id = @0 AND NOT ({Live})", instanceId) > 0 && Forget(instanceId));

    /// <summary>Ids of at most <paramref name="limit"/> ended instances that are gone now, oldest first.</summary>
    public IReadOnlyList<string> Purge(PurgeInstancesFilter filter, int limit) => database.Write(() =>
    {
        var ids = database.Rows(
            row => row.GetString(0),
            $"""
            SELECT id FROM instances
            WHERE NOT ({Live}) AND created >= @0 AND created <= @1 AND (@2 IS NULL OR (@2 >> status) & 1)
            ORDER BY seq LIMIT @3
            """,
            filter.CreatedFrom?.UtcTicks ?? long.MinValue,
            filter.CreatedTo?.UtcTicks ?? long.MaxValue,
            Set(filter.Statuses),
            limit);
        foreach (var id in ids)
        {
            database.Execute("DELETE FROM instances WHERE id = @0", id);
            Forget(id);
        }

        return ids;
    });

    /// <summary>Work items after <paramref name="sequence"/>, oldest first.</summary>
    public IReadOnlyList<ActivityWorkItem> Activities(long sequence, int limit) => database.Read(() => database.Rows(
        Rows.ReadActivity,
        "SELECT seq, instance_id, execution, task, name, input FROM activities WHERE seq > @0 ORDER BY seq LIMIT @1",
        sequence,
        limit));

    /// <summary>Ends a work item and tells its orchestrator, once: a second completion finds no work item.</summary>
    public void CompleteActivity(ActivityWorkItem item, HistoryEvent completion) => database.Write(() =>
        database.Execute("DELETE FROM activities WHERE seq = @0", item.Sequence) > 0
        && Deliver(item.InstanceId, completion, item.Execution));

    public void Dispose() => database.Dispose();

    private bool Create(NewInstance instance)
    {
        if (Single(instance.Id) is { } existing)
        {
            if (!existing.Status.IsTerminal())
            {
                return false;
            }

            database.Execute("DELETE FROM instances WHERE id = @0", instance.Id);
            Forget(instance.Id);
        }

        var execution = Guid.NewGuid().ToString("N");
        var now = clock.GetUtcNow();
        database.Execute(
            """
            INSERT INTO instances (id, execution, name, version, status, created, updated, input, parent_name, parent_id, parent_execution, parent_task)
            VALUES (@0, @1, @2, @3, @4, @5, @5, @6, @7, @8, @9, @10)
            """,
            instance.Id,
            execution,
            instance.Name,
            instance.Version,
            (int)OrchestrationRuntimeStatus.Pending,
            now.UtcTicks,
            instance.Input,
            instance.Parent?.Name,
            instance.Parent?.Id,
            instance.Parent?.Execution,
            instance.Parent?.TaskId);
        var start = new HistoryEvent(HistoryEventType.ExecutionStarted, now, Name: instance.Name, Input: instance.Input);
        return Deliver(instance.Id, start, execution, due: instance.StartAt);
    }

    private bool Deliver(
        string instanceId, HistoryEvent message, string? execution = null, DateTimeOffset? due = null, bool carried = false, int? timer = null) =>
        database.Execute(
            $"""
            INSERT INTO inbox (instance_id, execution, due, carried, timer, event)
            SELECT @0, @1, @2, @3, @4, @5 WHERE EXISTS (
                SELECT 1 FROM instances WHERE id = @0 AND {Live} AND (@1 IS NULL OR execution = @1))
            """,
            instanceId,
            execution,
            (due ?? clock.GetUtcNow()).UtcTicks,
            carried ? 1 : 0,
            timer,
            Rows.Write(message)) > 0;

    private bool Forget(string instanceId)
    {
        database.Execute("DELETE FROM history WHERE instance_id = @0", instanceId);
        database.Execute("DELETE FROM inbox WHERE instance_id = @0", instanceId);
        database.Execute("DELETE FROM activities WHERE instance_id = @0", instanceId);
        return true;
    }

    /// <summary>Statuses as bits; null selects all.</summary>
    private static long? Set(IReadOnlyList<OrchestrationRuntimeStatus>? statuses) =>
        statuses?.Aggregate(0L, (set, status) => set | (1L << (int)status));

    private InstanceRecord? Single(string instanceId) =>
        database.Rows(Rows.ReadInstance, $"SELECT {Rows.InstanceColumns} FROM instances WHERE id = @0", instanceId).FirstOrDefault();

    private List<HistoryEvent> Events(string instanceId) => database.Rows(
        row => Rows.ReadEvent(row.GetString(0)), "SELECT event FROM history WHERE instance_id = @0 ORDER BY position", instanceId);
}
