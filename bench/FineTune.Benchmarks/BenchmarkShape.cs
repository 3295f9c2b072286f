using System.Globalization;
using FineTune.Core.Estimates;
using FineTune.Core.Numerics;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;

namespace FineTune.Benchmarks;

/// <summary>Shape of the model and of the work, from <c>--name value</c> arguments; the defaults are those of <c>finetune/tiny-llama</c>.</summary>
public sealed class BenchmarkShape(string[] args)
{
    public int Context => Number("--context", 64);

    public int Batch => Number("--batch", 8);

    /// <summary>Repetitions of what is not a step.</summary>
    public int Rounds => Number("--rounds", 3);

    public int Steps => Number("--steps", 60);

    /// <summary>Sequences are between this and the context long; by default all are the context.</summary>
    public int Shortest => Number("--shortest", Context);

    /// <summary>Share of each sequence, at its end, that carries loss.</summary>
    public int LabelledPercent => Number("--labelled", 100);

    /// <summary><c>cpu</c> or <c>autograd</c>.</summary>
    public string Engine => Text("--engine", "cpu");

    /// <summary>As the trainer's <c>--device</c>.</summary>
    public DeviceChoice Device => DeviceChoice.Parse(Text("--device", "cpu"), "--device");

    /// <summary>Micro-batches of a step.</summary>
    public int MicroBatches => Number("--micro-batches", 1);

    /// <summary>Keeps only the layers' inputs for the backward pass.</summary>
    public bool CheckpointLayers => args.Contains("--checkpoint-layers");

    /// <summary>Of the processor; all of it unless given.</summary>
    public int Threads => Number("--threads", Environment.ProcessorCount);

    /// <summary>Clips gradients, so that they are kept until the end of a step.</summary>
    public bool Clip => args.Contains("--clip");

    public string Precision => Text("--precision", "fp32");

    public LlamaConfig Config => new(
        Number("--vocab", 1262),
        Number("--dim", 128),
        Number("--ffn", 320),
        Number("--layers", 4),
        Number("--heads", 4),
        Number("--kv-heads", Number("--heads", 4)),
        Number("--dim", 128) / Number("--heads", 4),
        Context,
        args.Contains("--tied"));

    /// <summary>As MFU counts it, for sequences of the whole context.</summary>
    public double FlopPerToken => TrainingArithmetic.OfStep(Config.Shape, Context, (double)Context * Context) / Context;

    /// <summary>All steps have the tokens of the first, whose loss must fall.</summary>
    public bool Repeats => args.Contains("--repeat");

    /// <summary>Random tokens of step <paramref name="step"/>.</summary>
    public IReadOnlyList<TokenSequence> Sequences(int step)
    {
        var random = new CounterRandom(1).Stream(Repeats ? 0 : (ulong)step);
        return [.. Enumerable.Range(0, Batch).Select(row =>
        {
            var at = (ulong)row * 1_000_000;
            var length = 1 + Shortest + (int)random.Below(at, Context - Shortest + 1);
            var prompt = length - Math.Max(1, (length - 1) * LabelledPercent / 100);
            return new TokenSequence(
                [.. Enumerable.Range(0, length).Select(i => (int)random.Below(at + 1 + (ulong)i, Config.VocabSize))],
                [.. Enumerable.Range(0, length).Select(i => i >= prompt)]);
        })];
    }

    private int Number(string name, int otherwise) => int.Parse(Text(name, otherwise.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

    private string Text(string name, string otherwise)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? otherwise : args[at + 1];
    }
}
