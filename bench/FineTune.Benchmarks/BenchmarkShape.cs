using System.Globalization;
using FineTune.Training.Models;

namespace FineTune.Benchmarks;

/// <summary>Shape of the model and of the work, from <c>--name value</c> arguments; the defaults are those of <c>finetune/tiny-llama</c>.</summary>
public sealed class BenchmarkShape(string[] args)
{
    public int Context => Number("--context", 64);

    public int Batch => Number("--batch", 8);

    public int Steps => Number("--steps", 60);

    public LlamaConfig Config => new(
        Number("--vocab", 1262),
        Number("--dim", 128),
        Number("--ffn", 320),
        Number("--layers", 4),
        Number("--heads", 4),
        Number("--kv-heads", 4),
        Number("--dim", 128) / Number("--heads", 4),
        Context,
        !args.Contains("--untied"));

    private int Number(string name, int otherwise)
    {
        var at = Array.IndexOf(args, name);
        return at < 0 ? otherwise : int.Parse(args[at + 1], CultureInfo.InvariantCulture);
    }
}
