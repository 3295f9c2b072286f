using System.Globalization;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Runs;

namespace FineTune.Workflows.Epochs;

/// <param name="Job">The first attempt; later ones differ in number and event.</param>
public sealed record TrainEpochInput(EpochJob Job, DispatchPolicy Policy);

/// <summary>
/// One epoch: dispatches it to a trainer by queue and waits for the result, which comes as an event. A silent trainer or a retryable failure
/// leads to a new attempt; each attempt has an event name and paths of its own, so nothing late can be mistaken.
/// </summary>
public sealed class TrainEpoch
{
    public const string Name = nameof(TrainEpoch);
    public const string Phase = "train_epoch";

    /// <summary>An epoch in the queue is looked at after one check interval, then two, four, eight, and every eight from then on.</summary>
    private const int MaxQueuedChecks = 8;

    /// <summary>How often the grace time of a cancelled epoch passes before a trainer that had begun is given up.</summary>
    private const int MaxGraces = 4;

    private readonly TaskOrchestrationContext context;
    private readonly TrainEpochInput input;
    private readonly Task<CancelRequest> cancel;

    private TrainEpoch(TaskOrchestrationContext context, TrainEpochInput input)
    {
        this.context = context;
        this.input = input;
        cancel = context.WaitForExternalEvent<CancelRequest>(TrainRun.CancelEvent);
    }

    /// <exception cref="FaultException">It was started by hand, without an epoch to train.</exception>
    public static Task<EpochResult> RunAsync(TaskOrchestrationContext context, TrainEpochInput? input) =>
        input is { Job: not null, Policy: not null } ? new TrainEpoch(context, input).RunAsync() : throw StartedByHand.Refuse(Name, Phase);

    /// <summary>The event by which an attempt's result arrives.</summary>
    public static string EventName(int epoch, int attempt) => string.Create(CultureInfo.InvariantCulture, $"epoch-{epoch}-{attempt}");

    /// <summary>The event that ends a pause.</summary>
    public static string ResumeEvent(string pauseId) => $"resume-{pauseId}";

    private async Task<EpochResult> RunAsync()
    {
        var failures = 0;
        for (var attempt = 1; ; attempt++)
        {
            var job = input.Job with
            {
                InstanceId = context.InstanceId,
                Attempt = attempt,
                EventName = EventName(input.Job.Epoch, attempt),
            };
            await context.CallActivityAsync<object?>(nameof(EnqueueEpoch), job, Retry.Transient);
            var result = await ResultOfAsync(job);
            switch (result.Outcome)
            {
                case EpochOutcome.Paused when await ResumedAsync(result.PauseId!):
                case EpochOutcome.Failed when result.Fault is null or { Retryable: true } && ++failures < input.Policy.MaxAttempts:
                    continue;
                case EpochOutcome.Paused:
                    return result with { Outcome = EpochOutcome.Canceled };
                default:
                    return result;
            }
        }
    }

    /// <summary>False when the run was cancelled in the pause.</summary>
    private async Task<bool> ResumedAsync(string pauseId)
    {
        var resumed = context.WaitForExternalEvent<PauseRequest>(ResumeEvent(pauseId));
        return await Task.WhenAny(resumed, cancel) == resumed;
    }

    private async Task<EpochResult> ResultOfAsync(EpochJob job)
    {
        var done = context.WaitForExternalEvent<EpochResult>(job.EventName);
        var since = context.CurrentUtcDateTime;
        var (checks, wait) = (0, input.Policy.CheckInterval);
        while (!cancel.IsCompleted)
        {
            if (await WhenAnyAsync(wait, done, cancel) == done)
            {
                return await done;
            }

            if (!cancel.IsCompleted)
            {
                var progress = await LookAsync(job, ++checks);
                if (progress.Result is { } stored)
                {
                    return stored;
                }

                if (progress.LastSign is { } sign && context.CurrentUtcDateTime - sign > input.Policy.TrainerTimeout)
                {
                    return Lost(job, sign);
                }

                if (progress.LastSign is null && context.CurrentUtcDateTime - since > input.Policy.QueueTimeout)
                {
                    return Untaken(job);
                }

                // A thousand epochs may wait for days, and every look is kept in a history: at those in the queue less and less often.
                wait = progress.LastSign is null && wait < MaxQueuedChecks * input.Policy.CheckInterval ? 2 * wait
                    : progress.LastSign is null ? wait
                    : input.Policy.CheckInterval;
            }
        }

        // Whoever trains the epoch may have died, and the next one, who keeps the checkpoint, needs the message to come back first.
        for (var graces = 1; graces <= MaxGraces; graces++)
        {
            if (await WhenAnyAsync(input.Policy.CancelGrace, done) == done)
            {
                return await done;
            }

            var progress = await LookAsync(job, ++checks);
            if (progress.Result is { } stored)
            {
                return stored;
            }

            if (progress.LastSign is null)
            {
                break;
            }
        }

        return Result(job, EpochOutcome.Canceled, null);
    }

    private Task<EpochProgress> LookAsync(EpochJob job, int number) => context.CallActivityAsync<EpochProgress>(
        nameof(ReadEpochProgress), new EpochCheck(job, context.CurrentUtcDateTime, number), Retry.Transient);

    /// <summary>The first of <paramref name="tasks"/> to complete, or a timer of <paramref name="wait"/>.</summary>
    private async Task<Task> WhenAnyAsync(TimeSpan wait, params Task[] tasks)
    {
        using var timerEnd = new CancellationTokenSource();
        var first = await Task.WhenAny([.. tasks, context.CreateTimer(wait, timerEnd.Token)]);
        timerEnd.Cancel();
        return first;
    }

    private static EpochResult Lost(EpochJob job, DateTime sign) => Result(job, EpochOutcome.Failed, Fault.Platform(
        Phase,
        "trainer_lost",
        $"The trainer of epoch {job.Epoch}, attempt {job.Attempt}, has been silent since {sign:O}."));

    private EpochResult Untaken(EpochJob job) => Result(job, EpochOutcome.Failed, Fault.Platform(
        Phase,
        "trainer_missing",
        $"No trainer took epoch {job.Epoch} for {input.Policy.QueueTimeout}. Look whether trainers start and read the queue train-epoch.") with
    {
        Retryable = false,
    });

    private static EpochResult Result(EpochJob job, EpochOutcome outcome, Fault? fault) =>
        new(job.RunId, job.InstanceId, job.EventName, job.Epoch, job.Attempt, outcome, null, null, fault);
}
