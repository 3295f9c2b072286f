using System.Text.Json;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Generation;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Telemetry;
using FineTune.Core.Training;
using FineTune.Data.Tokens;
using FineTune.Trainer.Serve;
using FineTune.Training.Engine;
using FineTune.Training.Loop;

namespace FineTune.Trainer.Epochs;

/// <summary>One epoch from its start, or from a checkpoint within it, to its end, on one thread.</summary>
public sealed class EpochTraining(
    EpochJob job,
    EpochInput input,
    ResumePoint? resume,
    RunSpec? spec,
    EpochCheckpoints checkpoints,
    RunJournal journal,
    string holder,
    EpochControl control,
    TrainerOptions options,
    TimeProvider clock,
    long taken)
{
    private const int WriteTimeFactor = 20;

    private readonly long endStep = job.Plan.StepsOf(job.Epoch).End;
    private long step = resume?.Step ?? job.Plan.StepsOf(job.Epoch).First;
    private EpochTally tally = resume?.Tally ?? EpochTally.Zero;
    private EpochPlanning planning = null!;
    private TrainingHealth health = null!;
    private TrainingEstimate estimate = new(job.Plan, job.Epoch, 0);

    /// <summary>The result, or null when training stopped before the end and is to go on elsewhere.</summary>
    public EpochResult? Run()
    {
        var hasOptimizer = resume is not null || job.Previous is not null;
        planning = EpochPlanning.Of(job, input.StartFolder, hasOptimizer, options);
        using var engine = TrainingEngines.Open(input.StartFolder, hasOptimizer ? input.StartFolder : null, planning.Plan.Hyperparameters, options.Device);
        if (job.Epoch == 1 && resume is null)
        {
            control.Announce(EpochEvents.ModelInitialized(engine.Config, planning, clock.GetUtcNow()));
        }

        health = TrainingHealth.After(step, journal);

        using var tokens = RunTokens.Open(input.TrainFolder, input.EvalFolder, job.Plan);
        var eval = tokens.Eval;
        estimate = new TrainingEstimate(job.Plan, job.Epoch, eval?.TotalTokens ?? 0) { Setup = clock.GetElapsedTime(taken) };
        if (eval is not null && job.Epoch == 1 && resume is null)
        {
            var began = clock.GetTimestamp();
            tally = tally with { InitialEvalLoss = Evaluate(engine, eval).Loss };
            estimate.Evaluation = clock.GetElapsedTime(began);
        }

        using (var writer = new CheckpointWriter(options.CheckpointCopies, clock))
        {
            Train(engine, tokens.Train, writer);
            writer.Wait();
            estimate.LastWrite = writer.LastWrite;
        }

        switch (control.Reason)
        {
            case StopReason.Superseded:
                return null;
            case StopReason.Shutdown:
                if (estimate.Write <= options.HandBack)
                {
                    SaveStep(engine);
                }

                return null;
            case StopReason.Paused:
                return Result(EpochOutcome.Paused, SaveStep(engine), null) with { PauseId = control.PauseId };
            case StopReason.Canceled:
                return Result(EpochOutcome.Canceled, engine, null);
            default:
                return Result(EpochOutcome.Completed, engine, eval is null ? null : Evaluate(engine, eval));
        }
    }

    private void Train(ITrainingEngine engine, ISequenceSource train, CheckpointWriter writer)
    {
        var loop = new TrainingLoop(engine, train, planning.Plan);
        var began = clock.GetTimestamp();
        var saved = began;
        var (firstStep, secondsBefore) = (step, tally.Seconds);
        loop.Run(step, endStep, report =>
        {
            var time = clock.GetElapsedTime(began);
            step = report.Step + 1;
            estimate.Stepped(step - firstStep, time);
            var remaining = estimate.Remaining(step);
            tally = tally with
            {
                LossSum = tally.LossSum + report.Loss,
                Steps = tally.Steps + 1,
                Tokens = tally.Tokens + report.Tokens,
                Seconds = secondsBefore + time.TotalSeconds,
            };
            var spike = health.Next(step, report.Loss);
            var metrics = new StepMetrics(
                step,
                job.Epoch,
                report.Loss,
                report.LearningRate,
                report.GradientNorm,
                report.Tokens,
                report.TokensPerSecond,
                clock.GetUtcNow(),
                planning.Mfu(report.OperationsPerSecond),
                Environment.WorkingSet,
                engine.MemoryBytes,
                spike is not null);
            StepMeasures.Record(metrics, job.RunId);
            control.Report(metrics, estimate.IsKnown ? remaining : null, health.Spikes);
            if (spike is not null)
            {
                control.Announce(EpochEvents.LossSpiked(step, spike, new BatchOrigins(train, report.Batch), clock.GetUtcNow()));
            }

            if (EpochEvents.Progress(job, report, remaining, clock.GetUtcNow()) is { } progress)
            {
                control.Announce(progress);
            }

            if (control.Reason != StopReason.None)
            {
                return LoopControl.Stop;
            }

            estimate.LastWrite = writer.LastWrite;
            if (step < endStep && !writer.IsBusy && clock.GetElapsedTime(saved) >= Interval())
            {
                var (at, soFar) = (step, tally);
                writer.Save(engine.Checkpoint(), contents => SaveStepAsync(contents, at, soFar));
                saved = clock.GetTimestamp();
            }

            return LoopControl.Continue;
        });
    }

    /// <summary>The larger of the configured interval and 20 times what the last checkpoint took: at most 5 % of the time goes there.</summary>
    private TimeSpan Interval() =>
        estimate.LastWrite * WriteTimeFactor is { } paced && paced > options.CheckpointInterval ? paced : options.CheckpointInterval;

    private ArtifactRef SaveStep(ITrainingEngine engine) => SaveStepAsync(engine.Checkpoint(), step, tally).GetAwaiter().GetResult();

    private async Task<ArtifactRef> SaveStepAsync(IReadOnlyList<ArtifactContent> contents, long at, EpochTally soFar)
    {
        using var span = Traces.Start("save_checkpoint");
        var began = clock.GetTimestamp();

        // Whoever goes on from here begins after these steps, so their figures must be there before the checkpoint is.
        await control.WriteAsync(journal, job, CancellationToken.None);
        var checkpoint = await checkpoints.SaveStepAsync(job, holder, contents, at, soFar);
        Measures.CheckpointTime.Record(clock.GetElapsedTime(began).TotalSeconds);
        return checkpoint;
    }

    private EpochResult Result(EpochOutcome outcome, ITrainingEngine engine, Evaluation? evaluation)
    {
        List<ArtifactContent> contents = [.. engine.Checkpoint()];
        if (outcome == EpochOutcome.Completed && spec is { EvalPrompts.Count: > 0 })
        {
            var generations = AnswerPrompts(engine, spec);
            contents.Add(ArtifactContent.Of(EvalGeneration.FileName, JsonSerializer.SerializeToUtf8Bytes(generations, WireJson.Indented)));
        }

        return Result(outcome, checkpoints.SaveEndAsync(job, holder, contents, step, tally).GetAwaiter().GetResult(), evaluation);
    }

    private EpochResult Result(EpochOutcome outcome, ArtifactRef checkpoint, Evaluation? evaluation)
    {
        var metrics = new EpochMetrics(
            job.Epoch,
            step,
            tally.MeanLoss,
            evaluation?.Loss,
            evaluation?.Perplexity,
            evaluation?.TokenAccuracy,
            tally.InitialEvalLoss,
            tally.Tokens,
            tally.Seconds);
        return new EpochResult(job.RunId, job.InstanceId, job.EventName, job.Epoch, job.Attempt, outcome, checkpoint, metrics, null);
    }

    private List<EvalGeneration> AnswerPrompts(ITrainingEngine engine, RunSpec spec)
    {
        using var decoder = engine.OpenDecoder(job.Plan.ContextLength);
        var assistant = new Assistant(decoder, input.StartFolder, spec.Date);
        var sampling = SamplingOptions.EvalPrompts with { Seed = job.Plan.Seed };
        return [.. spec.EvalPrompts.Select(prompt => new EvalGeneration(prompt, Answer(prompt, sampling))
        {
            Greedy = endStep == job.Plan.TotalSteps ? Answer(prompt, SamplingOptions.Greedy) : null,
        })];

        string Answer(string prompt, SamplingOptions how) =>
            (spec.TaskType == TaskType.ChatCompletion ? assistant.Answer([new("user", prompt)], how) : assistant.Continue(prompt, how)).Text;
    }

    private Evaluation Evaluate(ITrainingEngine engine, ISequenceSource eval) =>
        Evaluator.Run(engine, eval, planning.Plan.Hyperparameters.MicroBatchSize);
}
