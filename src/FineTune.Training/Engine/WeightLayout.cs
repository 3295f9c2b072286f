using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>
/// Where each weight of a model lies in one block of memory; gradients and moments lie alike. Matrices come first, so that what decays
/// is one range. Weights that take the same input (query, key, value; gate, up) adjoin: each group is one matrix.
/// </summary>
internal sealed class WeightLayout
{
    /// <summary>Groups begin at multiples of a cache line.</summary>
    private const int Alignment = 16;

    private static readonly string[] Adjoining = ["self_attn.k_proj.weight", "self_attn.v_proj.weight", "mlp.up_proj.weight"];

    private readonly Dictionary<string, long> offsets = new(StringComparer.Ordinal);

    /// <param name="stage">What of the model is on the device; all of it unless given.</param>
    public WeightLayout(LlamaConfig config, LlamaStage? stage = null)
    {
        Config = config;
        Stage = stage ?? LlamaStage.Whole(config);
        Shapes = Stage.Shapes(config);
        var end = 0L;
        foreach (var shape in Shapes.OrderBy(shape => shape.IsMatrix ? 0 : 1))
        {
            if (!Adjoining.Any(part => shape.Name.EndsWith(part, StringComparison.Ordinal)))
            {
                end = Aligned(end);
            }

            if (!shape.IsMatrix && MatrixCount == 0)
            {
                MatrixCount = end;
            }

            offsets[shape.Name] = end;
            end += shape.Count;
        }

        Count = Aligned(end);
    }

    public LlamaConfig Config { get; }

    public LlamaStage Stage { get; }

    public IReadOnlyList<WeightShape> Shapes { get; }

    /// <summary>Values of the block, gaps included.</summary>
    public long Count { get; }

    /// <summary>Values of the matrices, gaps included: the vectors begin here.</summary>
    public long MatrixCount { get; }

    public long this[string name] => offsets[name];

    /// <summary>The next beginning of a group.</summary>
    public static long Aligned(long count) => (count + Alignment - 1) / Alignment * Alignment;
}
