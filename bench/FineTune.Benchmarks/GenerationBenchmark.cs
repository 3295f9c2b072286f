using System.Diagnostics;
using FineTune.Core.Json;
using FineTune.Training.Generation;
using FineTune.Training.Models;
using FineTune.Training.Numerics;

namespace FineTune.Benchmarks;

/// <summary>
/// Greedy decoding of one sequence behind a prompt of a quarter of the context, a streaming read of all weights after each token. The bound
/// is what memory gives: as many bytes as a token reads, weights and cache, at the speed of the median read. Both are medians of as many
/// pieces of about the same length taken in turn, so what else the machine does meets both alike.
/// </summary>
public static class GenerationBenchmark
{
    private const int WarmUp = 8;
    private const int Tokens = 128;

    public static string Run(BenchmarkShape shape)
    {
        var numerics = TorchRuntime.Start();
        var config = shape.Config;
        using var folder = new BenchmarkFolder();
        var model = Directory.CreateDirectory(folder["model"]).FullName;
        LlamaInitializer.Write(config, 1, model);
        using ITokenDecoder decoder = shape.Engine == "torch" ? LlamaDecoder.Open(model, shape.Context) : TokenDecoders.Open(model, shape.Context);
        return Measure(shape, decoder, numerics);
    }

    private static string Measure(BenchmarkShape shape, ITokenDecoder decoder, NumericsSettings numerics)
    {
        var config = shape.Config;
        var prompt = shape.Sequences(0)[0].Tokens[..(shape.Context / 4)];
        var began = Stopwatch.GetTimestamp();
        var token = Best(decoder.Read(prompt));
        var promptSeconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        using var read = new StreamingRead(numerics.Threads, WeightBytes(config));
        var (rates, bandwidths) = (new List<double>(), new List<double>());
        var counted = Math.Min(Tokens, shape.Context - prompt.Length - WarmUp - 1);
        var cached = CacheBytes(config, prompt.Length + WarmUp + (counted / 2));
        for (var i = 0; i < WarmUp + counted; i++)
        {
            began = Stopwatch.GetTimestamp();
            token = Best(decoder.Read([token]));
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var bandwidth = read.Pass();
            if (i >= WarmUp)
            {
                rates.Add(1 / seconds);
                bandwidths.Add(bandwidth);
            }
        }

        var bytes = WeightBytes(config) + cached;
        return WireJson.Serialize(new
        {
            tokens_per_second = Samples.Median(rates),
            best_tokens_per_second = rates.Max(),
            bandwidth_bytes_per_second = Samples.Median(bandwidths),
            best_bandwidth_bytes_per_second = bandwidths.Max(),
            bytes_per_token = bytes,
            share = Samples.Median(rates) * bytes / Samples.Median(bandwidths),
            best_share = rates.Max() * bytes / bandwidths.Max(),
            prompt_tokens_per_second = prompt.Length / promptSeconds,
            parameters = config.Parameters,
            peak_rss_bytes = Process.GetCurrentProcess().PeakWorkingSet64,
            numerics,
        });
    }

    /// <summary>Read for every token: all matrices but a table of embeddings that is not the head.</summary>
    private static long WeightBytes(LlamaConfig config) =>
        sizeof(float) * LlamaWeights.Of(config.Shape).Where(weight => config.TieWordEmbeddings || weight.Name != LlamaWeights.Embedding).Sum(weight => weight.Count);

    private static long CacheBytes(LlamaConfig config, int length) =>
        2L * sizeof(float) * config.Layers * config.KeyValueHeads * config.HeadDimension * length;

    private static int Best(ReadOnlySpan<float> scores)
    {
        var best = 0;
        for (var i = 1; i < scores.Length; i++)
        {
            best = scores[i] > scores[best] ? i : best;
        }

        return best;
    }
}
