using System.Diagnostics;
using System.Text.Json;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Core.Training.Packing;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;

namespace FineTune.Benchmarks;

/// <summary>Packs the conversations of a file, and as many sequences of the same lengths as a large data set has.</summary>
internal static class PackingBenchmark
{
    private const int ManySequences = 1_000_000;
    private static readonly int[] Contexts = [512, 1024, 2048, 4096, 8192];

    /// <param name="family">Whose chat template is used when the tokenizer's folder has none.</param>
    public static async Task<string> RunAsync(string file, string tokenizerFolder, string family)
    {
        var tokenizer = Tokenizer.Load(tokenizerFolder);
        var encoder = new ExampleEncoder(
            tokenizer, ChatTemplate.For(tokenizer, new DateOnly(2026, 1, 1), ModelCatalogue.ChatTemplateText(family)), int.MaxValue);
        var lengths = new List<int>();
        var reader = new DatasetReader(TaskType.ChatCompletion, DatasetOptions.Default, _ => { });
        await foreach (var item in reader.ReadAsync([DatasetSource.FromFile(file)]))
        {
            if (encoder.Encode(item).Sequence is { } sequence)
            {
                lengths.Add(sequence.Length);
            }
        }

        return JsonSerializer.Serialize(new { sequences = lengths.Count, tokens = lengths.Sum(), contexts = Contexts.Select(context => Measure(lengths, context)) });
    }

    private static object Measure(List<int> all, int context)
    {
        // An example that doesn't fit loses its end and fills a context alone.
        int[] lengths = [.. all.Where(length => length <= context)];
        int[] many = [.. Enumerable.Range(0, ManySequences).Select(index => lengths[index % lengths.Length])];
        var packer = new SequencePacker(lengths, context);
        var watch = Stopwatch.StartNew();
        var manyBins = new SequencePacker(many, context).Bins;
        var seconds = watch.Elapsed.TotalSeconds;
        return new
        {
            context,
            longer = all.Count - lengths.Length,
            contexts = packer.Bins,
            wasted = Wasted(lengths, packer.Bins, context),
            least = Wasted(lengths, packer.LeastBins, context),
            million_wasted = Wasted(many, manyBins, context),
            million_seconds = seconds,
        };
    }

    /// <summary>Share of the positions of all contexts of an epoch that hold no token.</summary>
    private static double Wasted(int[] lengths, long bins, int context) => 1 - (lengths.Sum(length => (long)length) / ((double)bins * context));
}
