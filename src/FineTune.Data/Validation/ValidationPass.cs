using System.IO.Hashing;
using System.Runtime.InteropServices;
using FineTune.Core.Estimates;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>One pass over the training or the evaluation data.</summary>
internal sealed class ValidationPass(
    IReadOnlyList<DatasetSource> sources, bool isEval, TaskType taskType, ValidationOptions options, ExampleIndex index)
{
    private const int BytesPerToken = 4;

    private readonly TokenTotals tokens = new();
    private readonly BlockChecker checker = new(taskType, options);
    private readonly List<long> fileBytes = [];
    private long examples;

    public ProblemList Problems { get; } = new(options.DetailsPerCode);

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var reader = new DatasetReader(taskType, options.Reading, Problems.Add);
        for (var file = 0; file < sources.Count; file++)
        {
            var before = reader.Bytes;
            await (reader.IsText(sources[file])
                ? ReadDocumentAsync(reader, file, cancellationToken)
                : ReadLinesAsync(reader, file, cancellationToken));
            fileBytes.Add(reader.Bytes - before);
            CheckSize(sources[file].Name, fileBytes[^1]);
        }

        CheckTotals();
    }

    public ValidationReport ToReport()
    {
        var statistics = Statistics();
        return new ValidationReport(
            taskType, sources.Count(source => source.Format.Records != RecordFormat.LeftOut), examples, fileBytes.Sum(), Problems.Errors, Problems.Warnings, Problems.Counts, Problems.Details)
        {
            Tokens = statistics,
            Recommendations = isEval ? [] : Recommendations.For(taskType, statistics.PerEpoch, fileBytes, options),
            Estimate = isEval ? null : Estimate(statistics),
        };
    }

    private async Task ReadLinesAsync(DatasetReader reader, int file, CancellationToken cancellationToken)
    {
        var name = sources[file].Name;
        var pending = new Queue<Task<BlockFindings>>();
        await foreach (var block in reader.ReadBlocksAsync(sources[file], cancellationToken))
        {
            pending.Enqueue(Task.Run(() => checker.Check(block, name), cancellationToken));
            if (pending.Count > options.Parallelism)
            {
                Take(await pending.Dequeue(), file);
            }
        }

        while (pending.TryDequeue(out var findings))
        {
            Take(await findings, file);
        }
    }

    private void Take(BlockFindings findings, int file)
    {
        Problems.Add(findings.Problems);
        tokens.Add(findings.Tokens);
        examples += findings.Examples.Count;
        foreach (var (hash, line) in findings.Examples)
        {
            index.Add(hash, new ExamplePlace(file, line, isEval));
        }
    }

    private async Task ReadDocumentAsync(DatasetReader reader, int file, CancellationToken cancellationToken)
    {
        var hash = new XxHash3();
        var pending = new Queue<Task<int>>();
        var (length, isWhole) = (0L, false);
        await foreach (var part in reader.ReadDocumentAsync(sources[file], cancellationToken))
        {
            hash.Append(MemoryMarshal.AsBytes(part.Text.AsSpan()));
            isWhole = part.EndsDocument;
            pending.Enqueue(Task.Run(() => options.Encoder?.Tokenizer.Count(part.Text) ?? 0, cancellationToken));
            if (pending.Count > options.Parallelism)
            {
                length += await pending.Dequeue();
            }
        }

        while (pending.TryDequeue(out var count))
        {
            length += await count;
        }

        if (isWhole)
        {
            examples++;
            index.Add(hash.GetCurrentHashAsUInt64(), new ExamplePlace(file, 1, isEval));
            if (options.Encoder is { } encoder)
            {
                length += encoder.DocumentMarks;
                tokens.Add(length, length, length);
            }
        }
    }

    private void CheckSize(string file, long bytes)
    {
        var limit = taskType == TaskType.ContinuedPretrain ? options.LargeTextFileBytes : options.LargeFileBytes;
        if (bytes > limit)
        {
            new ProblemScope(file, null, Problems.Add).Warning(ProblemCodes.LargeFile, null, $"The file has {bytes:N0} bytes.");
        }
    }

    private void CheckTotals()
    {
        var whole = new ProblemScope(null, null, Problems.Add);
        if (examples == 0 && Problems.Errors == 0)
        {
            whole.Error(ProblemCodes.EmptyDataset, null, "The data set has no examples.");
        }
        else if (examples < options.FewExamples && examples > 0 && taskType != TaskType.ContinuedPretrain)
        {
            whole.Warning(ProblemCodes.FewExamples, null, $"There are {examples} examples only; {options.FewExamples} are the least elsewhere.");
        }

        if (tokens.Dropped > tokens.Examples * options.MaximumDroppedShare)
        {
            whole.Error(
                ProblemCodes.TooManyExamplesDropped,
                null,
                $"{tokens.Dropped:N0} of {tokens.Examples:N0} examples have nothing to train on within the context.");
        }

        if (tokens.Truncated > tokens.Examples * options.MaximumTruncatedShare)
        {
            whole.Error(
                ProblemCodes.TooManyTruncated,
                null,
                $"{tokens.Truncated:N0} of {tokens.Examples:N0} examples lose their end to the context, {tokens.TruncatedTokens:N0} tokens in all.");
        }

        if (Statistics().PerEpoch is var count && count > options.MaximumTokens)
        {
            whole.Error(ProblemCodes.TooManyTokens, null, $"There are {count:N0} tokens.");
        }
    }

    private TokenStatistics Statistics()
    {
        var isExact = options.Encoder is not null;
        var perEpoch = isExact ? tokens.Tokens : fileBytes.Sum() / BytesPerToken;
        return new TokenStatistics(
            isExact,
            perEpoch,
            isExact ? tokens.TrainedTokens : null,
            options.TrainingDuration.TotalTokens(perEpoch, Context, options.BatchSize),
            tokens.Longest,
            tokens.Truncated,
            tokens.TruncatedTokens,
            tokens.Dropped,
            tokens.Histogram());
    }

    private int Context => options.Encoder?.ContextLength ?? options.ContextLength ?? 8192;

    private TrainingEstimate? Estimate(TokenStatistics statistics)
    {
        var sequences = (statistics.PerEpoch + Context - 1) / Context;
        var stepsPerEpoch = (sequences + options.BatchSize - 1) / options.BatchSize;
        return TrainingEstimate.Of(
            options.Model?.EstimatedShape,
            options.Hyperparameters with { BatchSize = options.BatchSize },
            Context,
            options.TrainingDuration.TotalSteps(stepsPerEpoch, statistics.PerEpoch),
            statistics.Total,
            options.Gpus);
    }
}
