using System.Globalization;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Workflows.Datasets;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Evaluation;
using FineTune.Workflows.Models;
using FineTune.Workflows.Regions;
using FineTune.Workflows.Registry;

namespace FineTune.Workflows.Runs;

/// <summary>
/// A run from request to registered model: region check → resolve model → validate → tokenize (block × n) → (train epoch → checkpoint) × n →
/// evaluate → register.
/// </summary>
/// <remarks>
/// Cancellation is an event, honoured between and during steps until registration begins. A refused run ends as Failed with the fault's
/// message; the fault itself is in the custom status.
/// </remarks>
public sealed partial class TrainRun
{
    public const string Name = nameof(TrainRun);

    /// <summary>The event that asks a run, or an epoch of it, to end.</summary>
    public const string CancelEvent = "cancel";

    private readonly TaskOrchestrationContext context;
    private readonly RunSpec spec;
    private readonly Task<CancelRequest> cancel;
    private RunState state = new(RunStatus.Pending, CheckRegion.Phase);

    private TrainRun(TaskOrchestrationContext context, RunSpec spec)
    {
        this.context = context;

        // Restarted under a new id, an instance is a run of its own and must not write where the old one did.
        this.spec = spec with { RunId = context.InstanceId };
        cancel = context.WaitForExternalEvent<CancelRequest>(CancelEvent);
    }

    /// <exception cref="FaultException">It was started by hand, without what a run needs.</exception>
    public static Task<RunState> RunAsync(TaskOrchestrationContext context, RunSpec? spec)
    {
        if (spec is { Model: not null, Hyperparameters: not null, Dispatch: not null, Warnings: not null })
        {
            return new TrainRun(context, spec).RunAsync();
        }

        var refused = StartedByHand.Refuse(Name, CheckRegion.Phase);
        context.SetCustomStatus(new RunState(RunStatus.Failed, CheckRegion.Phase, Fault: refused.Fault));
        throw refused;
    }

    /// <summary>Instance id of an epoch of a run.</summary>
    public static string ChildId(string runId, int epoch) => string.Create(CultureInfo.InvariantCulture, $"{runId}:epoch-{epoch}");

    private async Task<RunState> RunAsync()
    {
        try
        {
            await RunStepsAsync();
            return state;
        }
        catch (RunCanceledException)
        {
            await RecordAsync(RunEventTypes.Canceled, $"Canceled during {state.Phase}: {(await cancel).Reason ?? "no reason given"}.");
            Show(state with { Status = RunStatus.Canceled });
            return state;
        }
        catch (FaultException refused)
        {
            await RecordAsync(RunEventTypes.Failed, refused.Fault.Message);
            Show(state with { Status = RunStatus.Failed, Fault = refused.Fault });
            throw;
        }
    }

    private async Task RunStepsAsync()
    {
        var region = await StepAsync<string>(CheckRegion.Phase, nameof(CheckRegion), spec);
        await RecordAsync(RunEventTypes.Started, $"Started in region {region}.");

        var model = await StepAsync<ResolvedModel>(ResolveModel.Phase, nameof(ResolveModel), spec);
        string[] warnings = [.. spec.Warnings, .. model.Warnings];
        await WarnAsync(warnings, 0);

        var validated = await StepAsync<ValidatedData>(ValidateData.Phase, nameof(ValidateData), spec);
        await RecordAsync(RunEventTypes.DataValidated, validated.Summary);

        var data = await TokenizeAsync(model, validated);
        await RecordAsync(RunEventTypes.DataTokenized, data.Summary);

        var checkpoint = await TrainAsync(model, data);

        var evaluation = await StepAsync<EvaluationSummary>(Evaluate.Phase, nameof(Evaluate), new EvaluateInput(spec, validated.Train, data.Plan.Epochs));
        await RecordAsync(RunEventTypes.Evaluated, evaluation.Summary);
        await WarnAsync(evaluation.Warnings ?? [], warnings.Length);

        Show(state with { Phase = Register.Phase, LastEpoch = evaluation.Metrics ?? state.LastEpoch, Warnings = evaluation.Warnings });
        var registered = Accept(await CallAsync<RegisteredVersion>(
            Register.Phase, nameof(Register), new RegisterInput(spec, checkpoint, evaluation.Metrics)));
        await RecordAsync(RunEventTypes.ModelRegistered, $"Registered {registered.Name} version {registered.Version}.");
        await RecordAsync(RunEventTypes.Completed, "Completed.");
        Show(state with { Status = RunStatus.Completed, Registered = registered });
    }

    private async Task<CheckpointRecord> TrainAsync(ResolvedModel model, TokenizedData data)
    {
        Show(state with { Epochs = data.Plan.Epochs, TotalSteps = data.Plan.TotalSteps });
        var start = spec.Restart is null
            ? new TrainingStart(1)
            : await StepAsync<TrainingStart>(PrepareRestart.Phase, nameof(PrepareRestart), new PrepareRestartInput(spec.RunId, spec.Restart, data.Plan, spec.TraceParent));
        var checkpoint = start.Last;
        for (var epoch = start.Epoch; epoch <= data.Plan.Epochs; epoch++)
        {
            Show(state with { Status = RunStatus.Queued, Phase = TrainEpoch.Phase, Epoch = epoch });
            var result = await TrainEpochAsync(new EpochJob(
                spec.RunId,
                ChildId(context.InstanceId, epoch),
                TrainEpoch.EventName(epoch, 1),
                epoch,
                1,
                data.Plan,
                model.Model,
                checkpoint?.Checkpoint,
                data.TrainTokens,
                data.EvalTokens,
                epoch == start.Epoch ? start.Resume : null,
                spec.Dispatch.Queue,
                spec.TraceParent));

            // Also when the run was cancelled meanwhile: what is trained is kept.
            Show(state with { Status = RunStatus.Running, Phase = RecordCheckpoint.Phase });
            checkpoint = Accept(await CallAsync<CheckpointRecord>(RecordCheckpoint.Phase, nameof(RecordCheckpoint), result));
            Show(state with { LastEpoch = result.Metrics });
            await RecordAsync(RunEventTypes.CheckpointSaved, checkpoint.Summary, epoch);
        }

        await RecordAsync(RunEventTypes.TrainFinished, $"Trained {data.Plan.TotalSteps} steps in {data.Plan.Epochs} epoch(s).");
        return checkpoint!;
    }

    private async Task<EpochResult> TrainEpochAsync(EpochJob job)
    {
        ThrowIfCanceled();
        var child = context.CallSubOrchestratorAsync<EpochResult>(
            TrainEpoch.Name, new TrainEpochInput(job, spec.Dispatch), new SubOrchestrationOptions(InstanceId: job.InstanceId));
        if (await Task.WhenAny(child, cancel) == cancel)
        {
            Show(state with { Status = RunStatus.Terminating });
            context.SendEvent(job.InstanceId, CancelEvent, await cancel);
        }

        var result = await GuardAsync(TrainEpoch.Phase, child);
        if (result.Outcome == EpochOutcome.Canceled && result.Checkpoint is not null)
        {
            await CallAsync<CheckpointRecord>(RecordCheckpoint.Phase, nameof(RecordCheckpoint), result);
        }

        return result.Outcome switch
        {
            EpochOutcome.Completed => result,
            EpochOutcome.Canceled => throw new RunCanceledException(),
            _ => throw new FaultException(result.Fault ?? Fault.Platform(TrainEpoch.Phase, "training_failed", "The trainer gave no reason.")),
        };
    }

    /// <summary>Runs an activity unless, or until, the run is cancelled; a refusal ends the run.</summary>
    private async Task<T> StepAsync<T>(string phase, string activity, object input)
        where T : class
    {
        ThrowIfCanceled();
        Show(state with { Status = RunStatus.Running, Phase = phase });
        var step = CallAsync<T>(phase, activity, input);
        using var inTime = new CancellationTokenSource();
        var first = await Task.WhenAny(step, cancel, context.CreateTimer(spec.Dispatch.StepTimeout, inTime.Token));
        inTime.Cancel();
        return first == cancel ? throw new RunCanceledException()
            : first == step ? Accept(await step)
            : throw TookTooLong(phase);
    }

    private FaultException TookTooLong(string phase) =>
        new(Fault.Platform(phase, "step_timeout", $"Step {phase} took longer than {spec.Dispatch.StepTimeout}."));

    private Task<Outcome<T>> CallAsync<T>(string phase, string activity, object input)
        where T : class =>
        GuardAsync(phase, context.CallActivityAsync<Outcome<T>>(activity, input, Retry.Transient));

    private static T Accept<T>(Outcome<T> outcome)
        where T : class => outcome.Unwrap();

    private static async Task<T> GuardAsync<T>(string phase, Task<T> task)
    {
        try
        {
            return await task;
        }
        catch (TaskFailedException failed)
        {
            throw new FaultException(
                Fault.Platform(phase, "step_failed", $"Step {phase} failed after all retries: {failed.FailureDetails.ErrorMessage}"), failed);
        }
    }

    /// <param name="first">Number of the first of them among the run's warnings.</param>
    private async Task WarnAsync(IReadOnlyList<string> warnings, int first)
    {
        foreach (var (index, warning) in warnings.Index())
        {
            await RecordAsync(RunEventTypes.Warning, warning, first + index);
        }
    }

    private Task RecordAsync(string type, string message, int? number = null)
    {
        var id = number is null ? type : string.Create(CultureInfo.InvariantCulture, $"{type}-{number}");
        var time = new DateTimeOffset(DateTime.SpecifyKind(context.CurrentUtcDateTime, DateTimeKind.Utc));
        var input = new RecordEventInput(spec.RunId, new RunEvent(id, time, type, message));
        return GuardAsync(state.Phase, context.CallActivityAsync<object?>(nameof(RecordEvent), input, Retry.Transient));
    }

    private void ThrowIfCanceled()
    {
        if (cancel.IsCompleted)
        {
            throw new RunCanceledException();
        }
    }

    private void Show(RunState next)
    {
        state = next;
        context.SetCustomStatus(state);
    }
}

/// <summary>Ends the steps of a cancelled run; never leaves the orchestrator.</summary>
public sealed class RunCanceledException : Exception;

/// <summary>The payload of <see cref="TrainRun.CancelEvent"/>.</summary>
public sealed record CancelRequest(string? Reason);
