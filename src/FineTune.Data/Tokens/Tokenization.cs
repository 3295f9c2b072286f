using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;

namespace FineTune.Data.Tokens;

/// <summary>Turns a data set, or a block of one, into token shards, streaming.</summary>
public static class Tokenization
{
    public const string Phase = "tokenize";

    /// <summary>Writes the shards of <paramref name="sources"/> into <paramref name="outputDirectory"/>; same input, same bytes.</summary>
    /// <exception cref="FaultException">
    /// A file can't be read, more than the allowed share of examples was dropped, or nothing is left to train on.
    /// </exception>
    public static async Task<TokenizationSummary> RunAsync(
        IReadOnlyList<DatasetSource> sources,
        ExampleEncoder encoder,
        TaskType taskType,
        string outputDirectory,
        TokenizationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        using var writer = new TokenShardWriter(
            outputDirectory, encoder.Tokenizer.VocabularySize, (options ?? TokenizationOptions.Default).ShardTokens);
        var summary = await EncodeAsync(sources, encoder, taskType, writer, options, cancellationToken);
        summary.Check(options);
        writer.Complete();
        return summary;
    }

    /// <summary>Writes the sequences of <paramref name="sources"/>, whatever share is dropped; the caller completes the writer.</summary>
    /// <exception cref="FaultException">A file can't be read.</exception>
    public static async Task<TokenizationSummary> EncodeAsync(
        IReadOnlyList<DatasetSource> sources,
        ExampleEncoder encoder,
        TaskType taskType,
        TokenShardWriter writer,
        TokenizationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= TokenizationOptions.Default;
        var drops = new DropList(options);
        var reader = new DatasetReader(taskType, options.Reading, drops.Add);
        var packer = taskType == TaskType.ContinuedPretrain ? new DocumentPacker(encoder.Tokenizer, encoder.ContextLength) : null;
        var (read, truncated) = (0L, 0L);
        foreach (var source in sources)
        {
            var continues = source.StartsMidway;
            await foreach (var item in reader.ReadAsync([source], cancellationToken))
            {
                if (item is DocumentPart part)
                {
                    read += part.EndsDocument && !source.EndsMidway ? 1 : 0;
                    WriteAll(writer, packer!.Add(part, continues, source.EndsMidway));
                    continues = false;
                    continue;
                }

                read++;
                var encoded = encoder.Encode(item);
                truncated += encoded.Truncated ? 1 : 0;
                if (encoded.Sequence is { } sequence)
                {
                    writer.Write(sequence, new SequenceOrigin(item.File, item.Line));
                }
                else
                {
                    drops.Add(encoded.DropReason!, new ExampleLine(item.File, item.Line) { Record = item.Record });
                }
            }
        }

        WriteAll(writer, packer?.Flush() ?? []);
        var examples = read + drops.ToList().Where(dropped => dropped.Reason is not (DropReasons.NothingTrained or DropReasons.RefusedByTemplate)).Sum(dropped => dropped.Count);
        return new TokenizationSummary(
            examples, writer.Sequences, writer.Tokens, writer.TrainedTokens, truncated, writer.LongestSequence, drops.ToList());
    }

    private static void WriteAll(TokenShardWriter writer, IEnumerable<(TokenSequence Sequence, SequenceOrigin Origin)> sequences)
    {
        foreach (var (sequence, origin) in sequences)
        {
            writer.Write(sequence, origin);
        }
    }
}
