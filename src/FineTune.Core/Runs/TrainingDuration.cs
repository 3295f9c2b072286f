using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FineTune.Core.Runs;

public enum DurationUnit
{
    Epochs,
    Batches,
    Tokens,
}

/// <summary>How long to train: <c>10ep</c>, <c>100ba</c> or <c>1_000_000tok</c>.</summary>
[JsonConverter(typeof(TrainingDurationConverter))]
public readonly record struct TrainingDuration(long Amount, DurationUnit Unit)
{
    /// <summary>Of a run: each is a workflow of its own.</summary>
    public const int MaxEpochs = 10_000;

    private static readonly (string Suffix, DurationUnit Unit)[] Suffixes =
        [("tok", DurationUnit.Tokens), ("ep", DurationUnit.Epochs), ("ba", DurationUnit.Batches)];

    public static TrainingDuration Default { get; } = new(1, DurationUnit.Epochs);

    public static bool TryParse(string? text, out TrainingDuration duration)
    {
        duration = default;
        var compact = text?.Trim().Replace("_", "", StringComparison.Ordinal) ?? "";
        foreach (var (suffix, unit) in Suffixes)
        {
            if (compact.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)
                && long.TryParse(compact[..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var amount)
                && amount > 0)
            {
                duration = new TrainingDuration(amount, unit);
                return true;
            }
        }

        return false;
    }

    /// <summary>The number of optimizer steps this means for a data set of <paramref name="stepsPerEpoch"/> batches.</summary>
    public long TotalSteps(long stepsPerEpoch, long tokensPerEpoch) => Unit switch
    {
        DurationUnit.Epochs => Product(Amount, stepsPerEpoch),
        DurationUnit.Batches => Amount,
        _ => Math.Max(1, (long)Math.Ceiling(Amount * (double)stepsPerEpoch / Math.Max(1, tokensPerEpoch))),
    };

    /// <summary>The number of tokens this means for a data set of <paramref name="perEpoch"/> tokens in batches of full contexts.</summary>
    public long TotalTokens(long perEpoch, int contextLength, int batchSize) => Unit switch
    {
        DurationUnit.Epochs => Product(Amount, perEpoch),
        DurationUnit.Batches => Product(Amount, Math.Min(perEpoch, (long)contextLength * batchSize)),
        _ => Amount,
    };

    /// <summary>Of counts, however large.</summary>
    private static long Product(long left, long right) => (long)Int128.Min((Int128)left * right, long.MaxValue);

    public override string ToString()
    {
        var unit = Unit;
        return Amount.ToString(CultureInfo.InvariantCulture) + Suffixes.First(pair => pair.Unit == unit).Suffix;
    }
}

internal sealed class TrainingDurationConverter : JsonConverter<TrainingDuration>
{
    public override TrainingDuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TrainingDuration.TryParse(reader.GetString(), out var duration)
            ? duration
            : throw new JsonException("Expected a duration such as 3ep, 100ba or 1000000tok.");

    public override void Write(Utf8JsonWriter writer, TrainingDuration value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
