using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable;

/// <summary>What a turn leaves behind.</summary>
internal sealed partial class OrchestrationExecutor
{
    private TurnResult Result(List<HistoryEvent> events, List<long> consumed, DateTimeOffset now)
    {
        if (termination is not null)
        {
            return End(events, consumed, now, OrchestrationRuntimeStatus.Terminated, output: termination.Input);
        }

        if (execution is not { IsCompleted: true })
        {
            var status = suspended ? OrchestrationRuntimeStatus.Suspended
                : execution is null ? OrchestrationRuntimeStatus.Pending : OrchestrationRuntimeStatus.Running;

            // As in Durable Task's storage, the reason of the last pause or resumption stands where the output will be.
            return new TurnResult(consumed, events, context.CancelledTimers, status, context.CustomStatus, Output: Payload.Write(reason));
        }

        if (execution.Exception?.InnerException is { } thrown)
        {
            return Failed(events, consumed, TaskFailureDetails.FromException(thrown), now);
        }

        if (execution.IsCanceled)
        {
            return Failed(events, consumed, TaskFailureDetails.FromException(new TaskCanceledException(execution)), now);
        }

        if (context.Continuation is { } next)
        {
            events.Add(new HistoryEvent(HistoryEventType.ContinueAsNew, now, Input: next.Input));
            return new TurnResult(
                consumed, events, context.CancelledTimers, OrchestrationRuntimeStatus.Running, context.CustomStatus,
                Continuation: new Continuation(next.Input, next.PreserveEvents ? context.Events.Unprocessed : []));
        }

        return Complete(events, consumed, now);
    }

    private TurnResult Complete(List<HistoryEvent> events, List<long> consumed, DateTimeOffset now)
    {
        try
        {
            var output = Payload.Write(execution!.Result);
            return End(events, consumed, now, OrchestrationRuntimeStatus.Completed, output);
        }
        catch (Exception unwritable) when (unwritable is NotSupportedException or System.Text.Json.JsonException)
        {
            return Failed(events, consumed, TaskFailureDetails.FromException(unwritable), now);
        }
    }

    private TurnResult Failed(List<HistoryEvent> events, List<long> consumed, TaskFailureDetails failure, DateTimeOffset now) =>
        End(events, consumed, now, OrchestrationRuntimeStatus.Failed, failure: failure);

    private TurnResult End(
        List<HistoryEvent> events,
        List<long> consumed,
        DateTimeOffset now,
        OrchestrationRuntimeStatus status,
        string? output = null,
        TaskFailureDetails? failure = null)
    {
        events.Add(new HistoryEvent(HistoryEventType.ExecutionCompleted, now)
        {
            OrchestrationStatus = status,
            Result = output,
            FailureDetails = failure,
        });
        return new TurnResult(consumed, events, context.CancelledTimers, status, context.CustomStatus, output, failure);
    }
}
