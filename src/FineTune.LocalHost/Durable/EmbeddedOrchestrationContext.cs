using System.Security.Cryptography;
using System.Text;
using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Durable;

/// <summary>The orchestrator's view of one turn: hands out tasks, collects actions. The executor feeds it history.</summary>
internal sealed class EmbeddedOrchestrationContext(InstanceRecord instance, OrchestrationScheduler scheduler, ILoggerFactory loggers)
    : TaskOrchestrationContext
{
    private const int MaxCustomStatusBytes = 16 * 1024;

    private readonly Dictionary<int, Action<HistoryEvent>> open = [];
    private readonly Dictionary<int, CancellationToken> timers = [];
    private int nextTaskId;
    private int nextGuid;
    private bool replaying = true;

    public override string Name => instance.Name;

    public override string InstanceId => instance.Id;

    public override ParentOrchestrationInstance? Parent { get; } =
        instance.Parent is { } parent ? new ParentOrchestrationInstance(parent.Name, parent.Id) : null;

    public override string Version => instance.Version;

    public override DateTime CurrentUtcDateTime => Now.UtcDateTime;

    public override bool IsReplaying => replaying;

    public DateTimeOffset Now { get; set; }

    public ExternalEvents Events { get; } = new(scheduler);

    /// <summary>Actions not yet matched with history; what is left after the replay is new.</summary>
    public Queue<HistoryEvent> Actions { get; } = new();

    public HashSet<int> CancelledTimers { get; } = [];

    public string? CustomStatus { get; private set; } = instance.CustomStatus;

    public (string? Input, bool PreserveEvents)? Continuation { get; private set; }

    /// <summary>Whether anything can still complete that the orchestrator may be waiting for.</summary>
    public bool AwaitsSomething => open.Count + Events.Waiting > 0;

    /// <summary>Whether a timer or wait was cancelled by <see cref="CancellationTokenSource.CancelAsync"/> or another thread.</summary>
    public bool CancelledElsewhere =>
        Events.CancelledElsewhere || timers.Any(timer => timer.Value.IsCancellationRequested && open.ContainsKey(timer.Key));

    public void EndReplay() => replaying = false;

    /// <summary>Delivers the completion of a task or timer; nothing happens when it was cancelled.</summary>
    public void Complete(HistoryEvent completion)
    {
        if (open.Remove(completion.TaskId!.Value, out var complete))
        {
            complete(completion);
        }
    }

    public override T? GetInput<T>()
        where T : default => Payload.Read<T>(instance.Input);

    public override Task<TResult> CallActivityAsync<TResult>(string name, object? input = null, TaskOptions? options = null)
    {
        var json = Payload.Write(input);
        return WithRetry(options?.Retry, () => Schedule<TResult>(
            new HistoryEvent(HistoryEventType.TaskScheduled, Now, Name: name, Input: json)));
    }

    public override Task<TResult> CallSubOrchestratorAsync<TResult>(string name, object? input = null, TaskOptions? options = null)
    {
        var json = Payload.Write(input);
        var explicitId = (options as SubOrchestrationOptions)?.InstanceId;
        return WithRetry(options?.Retry, () => Schedule<TResult>(
            new HistoryEvent(HistoryEventType.SubOrchestrationInstanceCreated, Now, Name: name, Input: json)
            {
                InstanceId = explicitId ?? NewGuid().ToString("N"),
            }));
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        EnsureOwnThread();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        var source = new TaskCompletionSource();
        var due = new DateTimeOffset(fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc));
        var id = Act(new HistoryEvent(HistoryEventType.TimerCreated, Now, FireAt: due));
        open.Add(id, _ => source.TrySetResult());
        timers.Add(id, cancellationToken);
        cancellationToken.Register(() =>
        {
            if (scheduler.IsCurrent && open.Remove(id))
            {
                CancelledTimers.Add(id);
                source.TrySetCanceled(cancellationToken);
            }
        });
        return source.Task;
    }

    public override Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        EnsureOwnThread();
        return cancellationToken.IsCancellationRequested
            ? Task.FromCanceled<T>(cancellationToken)
            : Events.Wait<T>(eventName, cancellationToken);
    }

    public override void SendEvent(string instanceId, string eventName, object payload) =>
        Act(new HistoryEvent(HistoryEventType.EventSent, Now, Name: eventName, InstanceId: instanceId, Input: Payload.Write(payload)));

    public override void SetCustomStatus(object? customStatus)
    {
        EnsureOwnThread();
        var json = Payload.Write(customStatus);
        var bytes = Encoding.Unicode.GetByteCount(json ?? "");
        if (bytes > MaxCustomStatusBytes)
        {
            throw new ArgumentException(
                $"The custom status has {bytes} bytes of UTF-16; at most {MaxCustomStatusBytes} are allowed.", nameof(customStatus));
        }

        CustomStatus = json;
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        EnsureOwnThread();
        Continuation = (Payload.Write(newInput), preserveUnprocessedEvents);
    }

    public override Guid NewGuid()
    {
        EnsureOwnThread();
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{instance.Id}/{instance.Execution}/{nextGuid++}")).AsSpan(0, 16);

        // Version 8 (custom) and the RFC 9562 variant.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    public override ILogger CreateReplaySafeLogger(string categoryName) => new ReplaySafeLogger(this, loggers.CreateLogger(categoryName));

    private Task<T> Schedule<T>(HistoryEvent action)
    {
        var source = new TaskCompletionSource<T>();
        var id = Act(action);
        open.Add(id, completion =>
        {
            if (completion.FailureDetails is { } failure)
            {
                source.TrySetException(new TaskFailedException(action.Name!, id, failure));
            }
            else
            {
                source.Complete(completion.Result);
            }
        });
        return source.Task;
    }

    // The wait between attempts is a durable timer: a restart neither shortens nor repeats it.
    private async Task<T> WithRetry<T>(RetryPolicy? policy, Func<Task<T>> call)
    {
        var first = CurrentUtcDateTime;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (TaskFailedException) when (policy?.DelayAfter(attempt, CurrentUtcDateTime - first) is { } delay)
            {
                await CreateTimer(delay, CancellationToken.None);
            }
        }
    }

    private int Act(HistoryEvent action)
    {
        EnsureOwnThread();
        var id = nextTaskId++;
        Actions.Enqueue(action with { TaskId = id });
        return id;
    }

    private void EnsureOwnThread()
    {
        if (!scheduler.IsCurrent)
        {
            throw new NonDeterministicOrchestrationException(
                $"Orchestrator '{Name}' used its context on another thread: await only tasks of the context, without ConfigureAwait(false).");
        }
    }
}
