using System.Globalization;
using System.Text.Json;
using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Core.Training;
using FineTune.Core.Training.Packing;
using FineTune.Data.Tokens;
using FineTune.Workflows.Models;

namespace FineTune.Workflows.Datasets;

public sealed record SealTokensInput(RunSpec Spec, ResolvedModel Model, TokensPlan Tokens) : ITraced
{
    string? ITraced.TraceParent => Spec.TraceParent;
}

/// <param name="EvalTokens">Null when a part of the training data is held out, or nothing could be.</param>
public sealed record TokenizedData(ArtifactRef TrainTokens, ArtifactRef? EvalTokens, TrainingPlan Plan, string Summary);

/// <summary>Joins the blocks to one artefact, packs the sequences and plans the steps.</summary>
public sealed class SealTokens(IBlobStore blobs, ArtifactStore artifacts)
{
    private const string Kind = "tokens";

    public Task<Outcome<TokenizedData>> RunAsync(SealTokensInput input) => Outcome.CatchAsync(async () =>
    {
        var (train, index) = await SealAsync(input.Tokens.Train);
        var (eval, evalIndex) = input.Tokens.Eval is { } set ? await SealAsync(set) : (null, null);
        var lengths = await LengthsAsync(train.Folder, index);
        var heldOut = eval is null ? HoldOut.Select(lengths.Length, input.Spec.Seed) : [];
        var trained = lengths.Where((_, at) => Array.BinarySearch(heldOut, at) < 0).ToArray();
        var bins = new SequencePacker(trained, input.Model.ContextLength).Bins;
        var tokens = trained.Sum(length => (long)length);
        var plan = PlanSteps(input, bins, tokens, heldOut.Length);
        return new TokenizedData(train, eval, plan, Summarize(index.Summary!, trained.Length, heldOut.Length, evalIndex?.Summary, tokens, bins, plan));
    });

    private async Task<(ArtifactRef Tokens, TokenIndex Index)> SealAsync(TokenSet set)
    {
        if (await artifacts.FindAsync(set.Folder) is null)
        {
            await JoinAsync(set);
        }

        var index = await blobs.ReadJsonAsync<TokenIndex>(set.Folder / TokenIndex.FileName);
        var sealedTokens = await artifacts.FindAsync(set.Folder);
        return index is null || sealedTokens is null
            ? throw new ArtifactCorruptException(set.Folder, "its index or manifest is missing")
            : (sealedTokens, index);
    }

    private async Task JoinAsync(TokenSet set)
    {
        var blocks = await TokenSetBlocks.ReadAsync(blobs, set.Folder);
        var results = new List<TokenBlockResult>();
        for (var block = 0; block < blocks.Count; block++)
        {
            results.Add(await TokenSetBlocks.ReadResultAsync(blobs, set.Folder, block)
                ?? throw new BlobNotFoundException(set.Folder / TokenBlocks.ResultFile(block)));
        }

        var index = Join(blocks, results);
        index.Summary!.Check();
        var content = JsonSerializer.SerializeToUtf8Bytes(index, WireJson.Indented);
        using (var stream = new MemoryStream(content))
        {
            await blobs.WriteAsync(set.Folder / TokenIndex.FileName, stream);
        }

        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        ArtifactFile[] files = [.. results.SelectMany(result => result.Files), new ArtifactFile(TokenIndex.FileName, content.Length, hash)];
        await artifacts.SealAsync(set.Folder, new Manifest(Kind, files, new Dictionary<string, string>()));
    }

    /// <summary>The blocks' shards in order, with lines counted from the beginning of each file.</summary>
    private static TokenIndex Join(IReadOnlyList<TokenBlock> blocks, IReadOnlyList<TokenBlockResult> results)
    {
        var before = new Dictionary<string, long>(StringComparer.Ordinal);
        var shards = new List<TokenIndexShard>();
        var summaries = new List<TokenizationSummary>();
        foreach (var (block, result) in blocks.Zip(results))
        {
            shards.AddRange(result.Shards.Select(shard => shard with { Files = [.. shard.Files.Select(file => file with { LinesBefore = Before(file.Name) })] }));
            summaries.Add(result.Summary with { Dropped = [.. result.Summary.Dropped.Select(drop => drop with { FirstLines = [.. drop.FirstLines.Select(Absolute)] })] });
            foreach (var (range, lines) in block.Ranges.Zip(result.Lines))
            {
                before[range.File.Name] = Before(range.File.Name) + lines;
            }
        }

        return new TokenIndex(shards, TokenizationSummary.Combine(summaries));

        long Before(string file) => before.GetValueOrDefault(file);

        ExampleLine Absolute(ExampleLine line) => line with { Line = line.Line + Before(line.File) };
    }

    /// <summary>Read from the shards' indices; the tokens stay where they are.</summary>
    private async Task<int[]> LengthsAsync(BlobPath folder, TokenIndex index)
    {
        var lengths = new List<int>();
        foreach (var shard in index.Shards)
        {
            await using var stream = await blobs.OpenReadAsync(folder / shard.Name, TokenShardLengths.Offset(shard));
            lengths.AddRange(await TokenShardLengths.ReadAsync(stream, shard));
        }

        return [.. lengths];
    }

    private static TrainingPlan PlanSteps(SealTokensInput input, int bins, long tokens, int heldOut)
    {
        var hyperparameters = input.Spec.Hyperparameters.Resolve(input.Model.LearningRate);
        var stepsPerEpoch = BatchSampler.StepsPerEpoch(bins, hyperparameters.BatchSize);
        var totalSteps = input.Spec.TrainingDuration.TotalSteps(stepsPerEpoch, tokens);
        if (totalSteps / stepsPerEpoch > TrainingDuration.MaxEpochs)
        {
            throw new FaultException(Fault.Caller(
                Tokenization.Phase,
                "training_too_long",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"training_duration {input.Spec.TrainingDuration} is {totalSteps / stepsPerEpoch:N0} epochs of this data, of {stepsPerEpoch:N0} batches and {tokens:N0} tokens each; ")
                    + $"at most {TrainingDuration.MaxEpochs} are done. Ask for less.",
                "training_duration"));
        }

        return new TrainingPlan(hyperparameters, stepsPerEpoch, totalSteps, input.Model.ContextLength, input.Spec.Seed, heldOut);
    }

    private static string Summarize(
        TokenizationSummary all, int trained, int heldOut, TokenizationSummary? eval, long tokens, int bins, TrainingPlan plan)
    {
        var forEvaluation = eval is null ? $", {heldOut} held out by the run's seed" : $", {eval.Sequences} for evaluation";
        var dropped = string.Concat(all.Dropped.Select(drop => string.Create(
            CultureInfo.InvariantCulture,
            $" {drop.Count} dropped ({drop.Reason}: {string.Join(", ", drop.FirstLines.Select(at => $"{at.File}:{at.Line}"))}).")));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Tokenized: {trained} sequences to train on{forEvaluation}; {tokens} tokens an epoch, packed into {bins} contexts of {plan.ContextLength} "
                + $"({tokens / ((double)bins * plan.ContextLength):P1} filled); {all.Truncated} truncated.{dropped}");
    }
}
