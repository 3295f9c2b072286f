using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;

namespace FineTune.Benchmarks;

/// <summary>
/// The same steps on a text, byte by byte, in every precision: the loss on text that was not trained on. Each round has other weights to begin
/// with and other sequences.
/// </summary>
public static class PrecisionBenchmark
{
    private const int WarmUp = 20;
    private const int EvaluatedSequences = 64;
    private const double Rate = 5e-4;

    public static string Run(BenchmarkShape shape, string file)
    {
        var text = File.ReadAllBytes(file);
        var held = text.Length - (EvaluatedSequences * shape.Context) - 1;
        var rounds = Enumerable.Range(1, shape.Rounds).Select(seed => Round(shape, text, held, seed)).ToList();
        return WireJson.Serialize(new
        {
            parameters = shape.Config.Parameters,
            steps = shape.Steps,
            eval_loss = rounds,
            against_fp32 = rounds[0].Keys.ToDictionary(name => name, name => rounds.Select(losses => losses[name] / losses["fp32"])),
            mean_against_fp32 = rounds[0].Keys.ToDictionary(name => name, name => rounds.Average(losses => losses[name] / losses["fp32"])),
        });
    }

    /// <summary>Loss by precision.</summary>
    private static Dictionary<string, double> Round(BenchmarkShape shape, byte[] text, int held, int seed)
    {
        var folder = Directory.CreateTempSubdirectory("finetune-bench-").FullName;
        try
        {
            LlamaInitializer.Write(shape.Config, seed, folder);
            return Enum.GetValues<TrainingPrecision>().ToDictionary(
                precision => $"{precision}".ToLowerInvariant(), precision => Train(shape, folder, text, held, precision, seed));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Train(BenchmarkShape shape, string folder, byte[] text, int held, TrainingPrecision precision, int seed)
    {
        var settings = new HyperparametersRequest(WeightDecay: 0.1, MaxGradNorm: 0, Precision: precision).Resolve(Rate);
        using var engine = CpuEngine.Open(folder, null, settings);
        var random = new Random(seed);
        for (var step = 0; step < shape.Steps; step++)
        {
            var rows = Enumerable.Range(0, shape.Batch).Select(_ => Sequence(text, random.Next(held - shape.Context), shape.Context));
            engine.Step([MicroBatch.Pad([.. rows])], Rate * Math.Min(1, (step + 1.0) / WarmUp));
        }

        var sums = Enumerable.Range(0, EvaluatedSequences)
            .Select(i => engine.Evaluate(MicroBatch.Pad([Sequence(text, held + (i * shape.Context), shape.Context)])))
            .Aggregate((left, right) => left + right);
        return sums.LossSum / sums.Tokens;
    }

    private static TokenSequence Sequence(byte[] text, int first, int length) => new(
        [.. text.AsSpan(first, length + 1).ToArray().Select(value => (int)value)], [.. Enumerable.Range(0, length + 1).Select(i => i > 0)]);
}
