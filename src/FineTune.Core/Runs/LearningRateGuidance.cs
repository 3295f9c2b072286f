using System.Globalization;

namespace FineTune.Core.Runs;

/// <summary>
/// Peak learning rates for full-parameter training by size of the model. From half a billion weights on, those of published fine-tuning
/// (Grattafiori et al., "The Llama 3 herd of models", 2024: 1e-5; Lambert et al., "Tülu 3", 2024: 8B 5e-6, 70B 2e-6); below, smaller
/// models take larger ones, as in pre-training (Brown et al., "Language models are few-shot learners", 2020, table 2.1).
/// </summary>
public static class LearningRateGuidance
{
    /// <summary>Rates further off than by this factor are warned of.</summary>
    public const double Tolerance = 10;

    private const double Rounding = 1e-9;

    /// <summary>Lion's updates are signs: its rates are 3 to 10 times smaller (Chen et al., 2023).</summary>
    private const double LionDivisor = 10;

    private static readonly (long Below, double Rate)[] Rates =
    [
        (10_000_000, 1.5e-3),
        (100_000_000, 5e-4),
        (500_000_000, 1e-4),
        (4_000_000_000, 1e-5),
        (20_000_000_000, 5e-6),
        (long.MaxValue, 2e-6),
    ];

    /// <summary>For a model of <paramref name="parameters"/> weights.</summary>
    public static double For(long parameters, OptimizerKind optimizer = OptimizerKind.Adamw) =>
        Rates.First(entry => parameters < entry.Below).Rate / (optimizer == OptimizerKind.Lion ? LionDivisor : 1);

    /// <summary>A warning when <paramref name="given"/> is far from the usual; null otherwise.</summary>
    public static string? Warn(double? given, long parameters, OptimizerKind optimizer)
    {
        var usual = For(parameters, optimizer);
        return given is { } rate && Math.Max(rate / usual, usual / rate) >= Tolerance * (1 - Rounding)
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"learning_rate {rate:0.###e-0} is {Math.Max(rate / usual, usual / rate):0} times {(rate > usual ? "higher" : "lower")} than the {usual:0.###e-0} that is usual "
                    + $"for full-parameter training of {parameters / 1e6:0.#} million weights with {(optimizer == OptimizerKind.Lion ? "Lion" : "AdamW")}.")
            : null;
    }
}
