using FineTune.Core.Runs;

namespace FineTune.Cli.Demo;

/// <summary>What the demo does and what it must reach: two chained runs, then questions.</summary>
public sealed record DemoPlan
{
    public string Model { get; init; } = "finetune/tiny-llama";

    /// <summary>Where the continued pre-training registers its weights.</summary>
    public string PretrainedName { get; init; } = "main.demo.chronicle";

    public string TunedName { get; init; } = "main.demo.ner";

    public string PretrainDuration { get; init; } = "150ba";

    /// <summary>In tokens. Short, as the sentences are that follow.</summary>
    public int PretrainContextLength { get; init; } = 128;

    public string TuneDuration { get; init; } = "3600ba";

    /// <summary>In tokens; a handful of sentences is packed into one.</summary>
    public int TuneContextLength { get; init; } = 256;

    /// <summary>Packed contexts a step: about eight sentences. More would learn more a step, but in fewer steps.</summary>
    public int TuneBatchSize { get; init; } = 2;

    public double LearningRate { get; init; } = 1.5e-3;

    public int Seed { get; init; } = 7;

    public HyperparametersRequest Hyperparameters { get; init; } = new(
        BatchSize: 8, WeightDecay: 0.01, Beta1: 0.9, Beta2: 0.98, WarmupSteps: 50, Schedule: LearningRateSchedule.Cosine);

    /// <summary>Prompts of each kind: held-out sentences, recombined names.</summary>
    public int Prompts { get; init; } = 100;

    public int PromptsPerRequest { get; init; } = 25;

    /// <summary>Longer than the longest right answer.</summary>
    public int MaxTokens { get; init; } = 96;

    /// <summary>Share of held-out prompts the tuned model must answer exactly.</summary>
    public double TunedTarget { get; init; } = 0.95;

    public double RecombinedTarget { get; init; } = 0.90;

    public RunRequest Pretrain(string textPath) => new(
        Model,
        textPath,
        PretrainedName,
        TaskType.ContinuedPretrain,
        TrainingDuration: PretrainDuration,
        LearningRate: LearningRate,
        ContextLength: PretrainContextLength,
        Name: "demo-chronicle",
        Seed: Seed,
        Hyperparameters: Hyperparameters);

    public RunRequest Tune(string trainPath, string evalPath, string weights) => new(
        Model,
        trainPath,
        TunedName,
        TaskType.InstructionFinetune,
        evalPath,
        CustomWeightsPath: weights,
        TrainingDuration: TuneDuration,
        LearningRate: LearningRate,
        ContextLength: TuneContextLength,
        Name: "demo-ner",
        Seed: Seed,
        Hyperparameters: Hyperparameters with { BatchSize = TuneBatchSize });
}
