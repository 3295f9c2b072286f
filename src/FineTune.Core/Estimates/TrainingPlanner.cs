using FineTune.Core.Faults;
using FineTune.Core.Runs;

namespace FineTune.Core.Estimates;

/// <summary>How to train on a device, and what that takes.</summary>
/// <param name="Hyperparameters">With the micro-batch and the layer checkpointing that were chosen.</param>
/// <param name="StepSeconds">Of a step of full contexts.</param>
public sealed record PlannedTraining(Hyperparameters Hyperparameters, TrainingMemory Memory, double StepSeconds);

/// <summary>Fits training to a device before anything is loaded. A pure function, so every trainer of a kind plans the same.</summary>
public static class TrainingPlanner
{
    public const string Phase = "plan_training";

    /// <summary>Share of a device's memory that is planned with: predictions are right within a twentieth.</summary>
    public const double UsableShare = 0.95;

    private const double Gib = 1L << 30;
    private const int ShortestContext = 128;

    /// <summary>
    /// The fastest way that fits: a micro-batch of at most that of <paramref name="work"/>, with or without layer checkpointing where its
    /// hyperparameters leave that open; or the refusal that says what would fit.
    /// </summary>
    public static Outcome<PlannedTraining> Plan(TrainingWork work, TrainingDevice device) =>
        Candidates(work, device).Where(plan => Fits(plan, device)).MinBy(plan => plan.StepSeconds) is { } best
            ? Outcome.Of(best)
            : Outcome.Refused<PlannedTraining>(TooLarge(work, device));

    /// <summary>Of all ways to do <paramref name="work"/> the one that takes the least memory, whether it fits or not.</summary>
    public static PlannedTraining Smallest(TrainingWork work, TrainingDevice device) =>
        Candidates(work, device).MinBy(plan => plan.Memory.Total)!;

    public static bool Fits(PlannedTraining plan, TrainingDevice device) => plan.Memory.Total <= device.MemoryBytes * UsableShare;

    private static IEnumerable<PlannedTraining> Candidates(TrainingWork work, TrainingDevice device)
    {
        var given = work.Hyperparameters;
        bool?[] checkpointing = given.CheckpointLayers is { } fixedChoice ? [fixedChoice] : [null, true];
        foreach (var checkpointLayers in checkpointing)
        {
            for (var micro = Math.Min(given.MicroBatchSize, given.BatchSize); micro > 0; micro /= 2)
            {
                var candidate = work with { Hyperparameters = given with { MicroBatchSize = micro, CheckpointLayers = checkpointLayers } };
                yield return new PlannedTraining(candidate.Hyperparameters, TrainingMemory.Of(candidate, device), StepTime.Of(candidate, device));
            }
        }
    }

    private static Fault TooLarge(TrainingWork work, TrainingDevice device)
    {
        var needed = Smallest(work, device).Memory.Total;
        List<string> cures = [.. Changes(work).Select(change => (change.Name, Plan: Smallest(change.Work, device)))
            .Where(change => Fits(change.Plan, device))
            .Select(change => FormattableString.Invariant($"{change.Name} ({change.Plan.Memory.Total / Gib:0.0} GiB)"))];
        if (ShorterContext(work, device) is { } shorter)
        {
            cures.Add(FormattableString.Invariant($"context_length {shorter}"));
        }

        if (cures.Count == 0 && Smallest(Least(work), device) is var least && Fits(least, device))
        {
            cures.Add("all of hyperparameters.precision bf16_int8, hyperparameters.max_grad_norm 0 and hyperparameters.batch_size 1");
        }

        cures.Add(FormattableString.Invariant($"a device with at least {Math.Ceiling(needed / UsableShare / Gib)} GiB"));
        return Fault.Caller(
            Phase,
            "training_does_not_fit",
            FormattableString.Invariant($"Training {work.Shape.Parameters:N0} weights in {work.Hyperparameters.Precision.WireName()} with contexts of {work.ContextLength} tokens ")
                + FormattableString.Invariant($"takes at least {needed / Gib:0.0} GiB, and {device.Name} has {device.MemoryBytes / Gib:0.0} GiB of which {UsableShare:P0} are used. ")
                + $"What would fit: {string.Join("; ", cures)}.",
            "hyperparameters");
    }

    /// <summary>Single changes of the request that make training smaller.</summary>
    private static IEnumerable<(string Name, TrainingWork Work)> Changes(TrainingWork work)
    {
        var given = work.Hyperparameters;
        foreach (var precision in Enum.GetValues<TrainingPrecision>().Where(precision => precision > given.Precision))
        {
            yield return ($"hyperparameters.precision {precision.WireName()}", work with { Hyperparameters = given with { Precision = precision } });
        }

        if (given.MaxGradNorm > 0)
        {
            yield return ("hyperparameters.max_grad_norm 0", work with { Hyperparameters = given with { MaxGradNorm = 0 } });
        }

        if (given.BatchSize > 1)
        {
            yield return ("hyperparameters.batch_size 1", work with { Hyperparameters = given with { BatchSize = 1, MicroBatchSize = 1 } });
        }

        if (given.CheckpointLayers == false)
        {
            yield return ("hyperparameters.checkpoint_layers true", work with { Hyperparameters = given with { CheckpointLayers = true } });
        }
    }

    private static int? ShorterContext(TrainingWork work, TrainingDevice device)
    {
        for (var length = work.ContextLength / 2; length >= ShortestContext; length /= 2)
        {
            if (Fits(Smallest(work with { ContextLength = length }, device), device))
            {
                return length;
            }
        }

        return null;
    }

    private static TrainingWork Least(TrainingWork work) => work with
    {
        Hyperparameters = work.Hyperparameters with
        {
            Precision = TrainingPrecision.Bf16Int8,
            MaxGradNorm = 0,
            BatchSize = 1,
            MicroBatchSize = 1,
            CheckpointLayers = true,
        },
    };
}
