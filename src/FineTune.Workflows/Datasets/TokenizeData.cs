using System.Globalization;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Core.Training;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;
using FineTune.Data.Tokens;
using FineTune.Workflows.Models;

namespace FineTune.Workflows.Datasets;

public sealed record TokenizeInput(RunSpec Spec, ResolvedModel Model, ValidatedData Data) : ITraced
{
    string? ITraced.TraceParent => Spec.TraceParent;
}

/// <param name="EvalTokens">Null when there was nothing to hold out.</param>
public sealed record TokenizedData(ArtifactRef TrainTokens, ArtifactRef? EvalTokens, TrainingPlan Plan, string Summary);

/// <summary>Turns the run's data into token shards, holds a part out where no eval data was given, and plans the steps.</summary>
public sealed class TokenizeData(IBlobStore blobs, ArtifactStore artifacts, WorkflowOptions options)
{
    public const string Phase = Tokenization.Phase;
    private const string Kind = "tokens";

    private static readonly Func<ArtifactFile, bool> TokenizerFiles = file => file.Name.EndsWith(".json", StringComparison.Ordinal)
        && !file.Name.EndsWith(".index.json", StringComparison.Ordinal);

    public Task<Outcome<TokenizedData>> RunAsync(TokenizeInput input) => Outcome.CatchAsync(async () =>
    {
        var work = Directory.CreateDirectory(Path.Combine(options.WorkDirectory, Guid.NewGuid().ToString("N"))).FullName;
        try
        {
            return await RunAsync(input, work);
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    });

    private async Task<TokenizedData> RunAsync(TokenizeInput input, string work)
    {
        var (spec, model, data) = input;
        var paths = new RunPaths(spec.RunId);
        var modelFolder = Path.Combine(work, "model");
        await artifacts.DownloadAsync(model.Model, modelFolder, TokenizerFiles);
        var tokenizer = Tokenizer.Load(modelFolder);
        var template = spec.TaskType == TaskType.ChatCompletion ? ChatTemplate.For(tokenizer, spec.Date) : null;
        var encoder = new ExampleEncoder(tokenizer, template, model.ContextLength);

        var all = Path.Combine(work, "all");
        var (train, eval) = (Path.Combine(work, "train"), Path.Combine(work, "eval"));
        var summary = await EncodeAsync(data.Train, spec.TaskType, encoder, all);
        var (trainSummary, evalSequences) = (new Counts(summary.Sequences, summary.Tokens, summary.TrainedTokens), 0L);
        if (data.Eval is { } files)
        {
            train = all;
            evalSequences = (await EncodeAsync(files, spec.TaskType, encoder, eval)).Sequences;
        }
        else
        {
            using var source = TokenShardSource.Open(all);
            var split = HoldOut.Split(source, spec.Seed, train, eval);
            trainSummary = new Counts(split.TrainSequences, split.TrainTokens, split.TrainTrainedTokens);
            evalSequences = split.EvalSequences;
        }

        var trainTokens = await artifacts.PublishAsync(train, paths.TrainTokens, Kind);
        var evalTokens = evalSequences == 0 ? null : await artifacts.PublishAsync(eval, paths.EvalTokens, Kind);
        return new TokenizedData(
            trainTokens, evalTokens, PlanSteps(spec, model, trainSummary), Summarize(data, summary, trainSummary, evalSequences));
    }

    private async Task<TokenizationSummary> EncodeAsync(
        IReadOnlyList<DataFile> files, TaskType taskType, ExampleEncoder encoder, string folder)
    {
        foreach (var file in files)
        {
            if ((await blobs.FindAsync(file.Path))?.ETag != file.ETag)
            {
                throw new FaultException(Fault.Caller(
                    Phase, "data_changed", $"{file.Path} was changed or removed after it was validated. Submit the run again.", "train_data_path"));
            }
        }

        Directory.CreateDirectory(folder);
        return await Tokenization.RunAsync(DataSources.Open(blobs, files), encoder, taskType, folder);
    }

    private static TrainingPlan PlanSteps(RunSpec spec, ResolvedModel model, Counts train)
    {
        var hyperparameters = spec.Hyperparameters.Resolve(model.LearningRate);
        var stepsPerEpoch = BatchSampler.StepsPerEpoch(train.Sequences, hyperparameters.BatchSize);
        var totalSteps = spec.TrainingDuration.TotalSteps(stepsPerEpoch, train.Tokens);
        return new TrainingPlan(hyperparameters, stepsPerEpoch, totalSteps, model.ContextLength, spec.Seed);
    }

    private static string Summarize(ValidatedData data, TokenizationSummary all, Counts train, long evalSequences)
    {
        var heldOut = data.Eval is null ? $", {evalSequences} held out by the run's seed" : $", {evalSequences} for evaluation";
        var dropped = string.Concat(all.Dropped.Select(drop => string.Create(
            CultureInfo.InvariantCulture,
            $" {drop.Count} dropped ({drop.Reason}: {string.Join(", ", drop.FirstLines.Select(at => $"{at.File}:{at.Line}"))}).")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Tokenized: {train.Sequences} sequences to train on{heldOut}; {train.Tokens} tokens an epoch, {train.Trained} with loss; "
                + $"{all.Truncated} truncated.{dropped}");
    }

    private sealed record Counts(long Sequences, long Tokens, long Trained);
}
