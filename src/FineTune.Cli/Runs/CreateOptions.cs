using System.CommandLine;
using System.CommandLine.Parsing;
using FineTune.Core.Runs;

namespace FineTune.Cli.Runs;

/// <summary>The fields of <c>fm.create</c> as options; an option not given stays null, so that the host's defaults hold.</summary>
public sealed class CreateOptions
{
    public Option<string?> Model { get; } = Text("--model", "NAME", "The base model; see 'finetune models'.", required: true);

    public Option<string?> TrainDataPath { get; } = Text(
        "--train-data-path", "PATH", "Training data: a path the host knows, or a file or folder here, which is uploaded.", required: true);

    public Option<string?> RegisterTo { get; } = Text("--register-to", "NAME", "catalog.schema or catalog.schema.model.", required: true);

    public Option<TaskType?> TaskType { get; } = new("--task-type")
    {
        HelpName = "TYPE",
        Description = "CHAT_COMPLETION (default), INSTRUCTION_FINETUNE or CONTINUED_PRETRAIN.",
        CustomParser = ReadTaskType,
    };

    public Option<string?> EvalDataPath { get; } = Text("--eval-data-path", "PATH", "Held-out data; without it a part of the training data is held out.");

    public Option<string[]?> EvalPrompts { get; } = new("--eval-prompts") { HelpName = "TEXT", Description = "A prompt answered at every checkpoint; may be repeated." };

    public Option<string?> CustomWeightsPath { get; } = Text("--custom-weights-path", "PATH", "Start from these weights: a registered model or a checkpoint.");

    public Option<string?> TrainingDuration { get; } = Text("--training-duration", "TIME", "E.g. 3ep, 100ba or 1000000tok; default 1ep.");

    public Option<double?> LearningRate { get; } = Number("--learning-rate", "Peak learning rate.");

    public Option<int?> ContextLength { get; } = Whole("--context-length", "Longest sequence, in tokens.");

    public Option<string?> ExperimentPath { get; } = Text("--experiment-path", "PATH", "Recorded with the run.");

    public Option<bool> NoValidateInputs { get; } = new("--no-validate-inputs") { Description = "Skip the check of every example before training." };

    public Option<string?> DataPrepClusterId { get; } = Text("--data-prep-cluster-id", "ID", "Accepted and ignored: no cluster is needed.");

    public Option<string?> Name { get; } = Text("--name", "NAME", "The run's name; with catalog.schema also the model's.");

    public Option<int?> Seed { get; } = Whole("--seed", "Seeds the hold-out split and the shuffles.");

    public Option<int?> BatchSize { get; } = Whole("--batch-size", "Packed contexts per optimizer step.");

    public Option<int?> MicroBatchSize { get; } = Whole("--micro-batch-size", "Packed contexts per forward pass, at most; trainers take fewer where memory asks for it.");

    public Option<double?> WeightDecay { get; } = Number("--weight-decay", "AdamW's weight decay.");

    public Option<double?> Beta1 { get; } = Number("--beta1", "AdamW's β1.");

    public Option<double?> Beta2 { get; } = Number("--beta2", "AdamW's β2.");

    public Option<double?> Epsilon { get; } = Number("--epsilon", "AdamW's ε.");

    public Option<double?> WarmupRatio { get; } = Number("--warmup-ratio", "Share of the steps that warm up.");

    public Option<int?> WarmupSteps { get; } = Whole("--warmup-steps", "Steps that warm up; overrides the ratio.");

    public Option<LearningRateSchedule?> Schedule { get; } = new("--schedule") { Description = "How the learning rate falls." };

    public Option<double?> MaxGradNorm { get; } = Number("--max-grad-norm", "Norm to which gradients are clipped; 0 turns it off.");

    public Option<OptimizerKind?> Optimizer { get; } = new("--optimizer") { Description = "adamw, or lion with a smaller learning rate." };

    public Option<TrainingPrecision?> Precision { get; } = new("--precision")
    {
        Description = "fp32; bf16: half the memory; bf16int8: a third of it.",
    };

    public Option<bool?> CheckpointLayers { get; } = new("--checkpoint-layers")
    {
        Description = "Compute layers again on the way back: less memory, more time, the same weights.",
    };

    public Option<string[]?> Freeze { get; } = new("--freeze")
    {
        HelpName = "PATTERN",
        Description = "Leave weights as they are, e.g. 'model.embed_tokens.*' or 'model.layers.{0..7}.*'; may be repeated.",
    };

    public Option<bool> AcceptLicense { get; } = new("--accept-license") { Description = "You have read and accept the model's licence." };

    public IEnumerable<Option> All =>
    [
        Model, TrainDataPath, RegisterTo, TaskType, EvalDataPath, EvalPrompts, CustomWeightsPath, TrainingDuration, LearningRate, ContextLength,
        ExperimentPath, NoValidateInputs, DataPrepClusterId, Name, Seed, BatchSize, MicroBatchSize, WeightDecay, Beta1, Beta2, Epsilon,
        WarmupRatio, WarmupSteps, Schedule, MaxGradNorm, Optimizer, Precision, CheckpointLayers, Freeze, AcceptLicense,
    ];

    public RunRequest Read(ParseResult parse)
    {
        var hyperparameters = new HyperparametersRequest(
            parse.GetValue(BatchSize),
            parse.GetValue(MicroBatchSize),
            parse.GetValue(WeightDecay),
            parse.GetValue(Beta1),
            parse.GetValue(Beta2),
            parse.GetValue(Epsilon),
            parse.GetValue(WarmupRatio),
            parse.GetValue(WarmupSteps),
            parse.GetValue(Schedule),
            parse.GetValue(MaxGradNorm),
            parse.GetValue(CheckpointLayers),
            parse.GetValue(Optimizer),
            parse.GetValue(Precision),
            parse.GetValue(Freeze) is { Length: > 0 } patterns ? patterns : null);
        return new RunRequest(
            parse.GetValue(Model),
            parse.GetValue(TrainDataPath),
            parse.GetValue(RegisterTo),
            parse.GetValue(TaskType),
            parse.GetValue(EvalDataPath),
            parse.GetValue(EvalPrompts) is { Length: > 0 } prompts ? prompts : null,
            parse.GetValue(CustomWeightsPath),
            parse.GetValue(TrainingDuration),
            parse.GetValue(LearningRate),
            parse.GetValue(ContextLength),
            parse.GetValue(ExperimentPath),
            !parse.GetValue(NoValidateInputs),
            parse.GetValue(DataPrepClusterId),
            parse.GetValue(Name),
            parse.GetValue(Seed),
            hyperparameters == new HyperparametersRequest() ? null : hyperparameters,
            parse.GetValue(AcceptLicense));
    }

    private static TaskType? ReadTaskType(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (Enum.TryParse<TaskType>(text.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal), true, out var type)
            && Enum.IsDefined(type))
        {
            return type;
        }

        result.AddError($"--task-type '{text}' is not known. Give CHAT_COMPLETION, INSTRUCTION_FINETUNE or CONTINUED_PRETRAIN.");
        return null;
    }

    private static Option<string?> Text(string name, string helpName, string description, bool required = false) =>
        new(name) { HelpName = helpName, Description = description, Required = required };

    private static Option<double?> Number(string name, string description) => new(name) { HelpName = "X", Description = description };

    private static Option<int?> Whole(string name, string description) => new(name) { HelpName = "N", Description = description };
}
