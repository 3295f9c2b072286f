using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;

namespace FineTune.Data.Tokens;

/// <summary>Turns a data set into token shards, streaming.</summary>
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
        options ??= TokenizationOptions.Default;
        var drops = new DropList(options);
        var reader = new DatasetReader(taskType, options.Reading, drops.Add);
        using var writer = new TokenShardWriter(outputDirectory, encoder.Tokenizer.VocabularySize, options.ShardTokens);
        var packer = taskType == TaskType.ContinuedPretrain ? new DocumentPacker(encoder.Tokenizer, encoder.ContextLength) : null;
        var (read, truncated) = (0L, 0L);
        await foreach (var item in reader.ReadAsync(sources, cancellationToken))
        {
            if (item is DocumentPart part)
            {
                read += part.EndsDocument ? 1 : 0;
                WriteAll(writer, packer!.Add(part));
                continue;
            }

            read++;
            var encoded = encoder.Encode(item);
            truncated += encoded.Truncated ? 1 : 0;
            if (encoded.Sequence is { } sequence)
            {
                writer.Write(sequence);
            }
            else
            {
                drops.Add(encoded.DropReason!, item.File, item.Line);
            }
        }

        WriteAll(writer, packer?.Flush() is { } rest ? [rest] : []);
        var examples = read + drops.ToList().Where(dropped => dropped.Reason != DropReasons.NothingTrained).Sum(dropped => dropped.Count);
        drops.Check(examples);
        if (writer.Sequences == 0)
        {
            throw new FaultException(Fault.Caller(
                Phase, "no_training_examples", "The data set has nothing to train on; validate it to see why.", "train_data_path"));
        }

        writer.Complete();
        return new TokenizationSummary(
            examples, writer.Sequences, writer.Tokens, writer.TrainedTokens, truncated, writer.LongestSequence, drops.ToList());
    }

    private static void WriteAll(TokenShardWriter writer, IEnumerable<TokenSequence> sequences)
    {
        foreach (var sequence in sequences)
        {
            writer.Write(sequence);
        }
    }
}
