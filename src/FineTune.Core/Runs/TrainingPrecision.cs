using System.Text.Json;

namespace FineTune.Core.Runs;

/// <summary>How weights and optimizer state are kept while training. Products and sums are in single precision in every form.</summary>
public enum TrainingPrecision
{
    /// <summary>All in single precision: 12 bytes a weight with AdamW.</summary>
    Fp32,

    /// <summary>Weights and moments in bfloat16, rounded stochastically: 6 bytes a weight with AdamW.</summary>
    Bf16,

    /// <summary>Weights in bfloat16, moments in 8 bits with a scale for every 256: 4 bytes a weight with AdamW.</summary>
    Bf16Int8,
}

public static class TrainingPrecisions
{
    /// <summary>As requests name it, e.g. <c>bf16_int8</c>.</summary>
    public static string WireName(this TrainingPrecision precision) => JsonNamingPolicy.SnakeCaseLower.ConvertName(precision.ToString());
}

/// <summary>The rule that turns gradients into updates.</summary>
public enum OptimizerKind
{
    /// <summary>Loshchilov and Hutter, ICLR 2019.</summary>
    Adamw,

    /// <summary>Chen et al., NeurIPS 2023, with decoupled weight decay, as the origin product used: one moment, smaller learning rates.</summary>
    Lion,
}
