using System.Diagnostics.Metrics;

namespace FineTune.Core.Telemetry;

/// <summary>The service's metrics. Without a listener recording one is a check of a flag.</summary>
public static class Measures
{
    /// <summary>Of the meter, for hosts that export it.</summary>
    public const string Name = "FineTune";

    private static readonly Meter Meter = new(Name);

    /// <summary>By <c>status</c>: <c>created</c>, <c>completed</c>, <c>failed</c>, <c>canceled</c>.</summary>
    public static Counter<long> Runs { get; } = Meter.CreateCounter<long>("finetune.runs", "{run}", "Runs that reached a status.");

    public static Histogram<double> QueueWait { get; } = Meter.CreateHistogram<double>(
        "finetune.epoch.queue_wait", "s", "From an epoch's dispatch until a trainer takes it for the first time.");

    public static Histogram<double> StepTime { get; } = Meter.CreateHistogram<double>(
        "finetune.train.step.duration", "s", "One optimizer step.");

    public static Histogram<double> TokenRate { get; } = Meter.CreateHistogram<double>(
        "finetune.train.tokens_per_second", "{token}/s", "Tokens trained on in a second, by step.");

    /// <summary>By <c>run</c>.</summary>
    public static Gauge<double> Loss { get; } = Meter.CreateGauge<double>("finetune.train.loss", "nat", "Training loss of the last step.");

    /// <summary>By <c>run</c>.</summary>
    public static Gauge<double> GradientNorm { get; } = Meter.CreateGauge<double>(
        "finetune.train.gradient_norm", "1", "Global norm of the last step's gradients, before clipping.");

    /// <summary>By <c>run</c>.</summary>
    public static Gauge<double> LearningRate { get; } = Meter.CreateGauge<double>("finetune.train.learning_rate", "1", "Of the last step.");

    public static Gauge<double> Mfu { get; } = Meter.CreateGauge<double>(
        "finetune.train.mfu", "1", "The last step's arithmetic against the fastest matrix product measured when the trainer began.");

    public static Gauge<long> ResidentMemory { get; } = Meter.CreateGauge<long>(
        "finetune.train.memory.rss", "By", "Resident memory of the trainer's process.");

    public static Gauge<long> EngineMemory { get; } = Meter.CreateGauge<long>(
        "finetune.train.memory.engine", "By", "Memory of weights, moments, gradients and activations.");

    public static Counter<long> LossSpikes { get; } = Meter.CreateCounter<long>(
        "finetune.train.loss_spikes", "{step}", "Steps whose loss was far above those before.");

    public static Histogram<double> CheckpointTime { get; } = Meter.CreateHistogram<double>(
        "finetune.checkpoint.duration", "s", "From the beginning of a checkpoint within an epoch until training goes on.");

    public static Counter<long> LeasesLost { get; } = Meter.CreateCounter<long>(
        "finetune.leases.lost", "{lease}", "Epochs given up because another trainer holds their message.");
}
