using FineTune.Core.Epochs;
using FineTune.Core.Estimates;
using FineTune.Core.Faults;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Numerics;
using FineTune.Training.Planning;

namespace FineTune.Trainer.Epochs;

/// <summary>How an epoch is trained on this machine.</summary>
/// <param name="Plan">With the micro-batch and the layer checkpointing that fit.</param>
public sealed record EpochPlanning(TrainingPlan Plan, TrainingDevice Device, PlannedTraining Expected)
{
    private const double Gib = 1L << 30;

    /// <summary>Plans before any weight is loaded.</summary>
    /// <param name="startFolder">Model or checkpoint to start from.</param>
    /// <param name="isCheckpoint">Its micro-batch is kept, so that going on gives the bits of not having stopped.</param>
    /// <exception cref="FaultException"><c>training_does_not_fit</c>, or the model's configuration is unusable.</exception>
    public static EpochPlanning Of(EpochJob job, string startFolder, bool isCheckpoint, TrainerOptions options)
    {
        var config = LlamaConfig.Read(Path.Combine(startFolder, LlamaConfig.FileName));
        var settings = job.Plan.Hyperparameters;
        if (isCheckpoint)
        {
            settings = settings with { MicroBatchSize = Math.Min(settings.MicroBatchSize, TrainingState.Read(startFolder).Hyperparameters.MicroBatchSize) };
        }

        var work = new TrainingWork(config.Shape, job.Plan.ContextLength, settings);
        var allowed = options.MemoryGib is { } gib ? (long)(gib * Gib) : (long?)null;
        var device = options.Device.MemoryBytes is { } memory
            ? DeviceCalibration.Gpus(options.Device, allowed ?? memory)
            : DeviceCalibration.Measure(work, allowed ?? FreeMemory.Limit);
        var planned = TrainingPlanner.Plan(work, device).Unwrap();
        return new EpochPlanning(job.Plan with { Hyperparameters = planned.Hyperparameters }, device, planned);
    }

    /// <summary>Share of the device's peak that <paramref name="operationsPerSecond"/> is; null when the peak is not known.</summary>
    public double? Mfu(double operationsPerSecond) => double.IsFinite(Device.PeakFlops) ? operationsPerSecond / Device.PeakFlops : null;

    /// <summary>What is expected, for people.</summary>
    public override string ToString()
    {
        var settings = Expected.Hyperparameters;
        var recomputed = settings.CheckpointLayers == true ? ", layers computed again on the way back" : "";
        return FormattableString.Invariant($"{settings.MicroBatchSize} of {settings.BatchSize} contexts at a time{recomputed}; ")
            + FormattableString.Invariant($"expected: {Expected.Memory.Total / Gib:0.0} GiB of {Device.MemoryBytes / Gib:0.0}, {Expected.StepSeconds:0.###} s a step.");
    }
}
