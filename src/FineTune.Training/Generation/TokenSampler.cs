using FineTune.Core.Numerics;

namespace FineTune.Training.Generation;

/// <summary>
/// Chooses a token from scores: greedy, or by temperature, top-k and nucleus (Holtzman et al., "The curious case of neural text
/// degeneration", 2020), in this order. The n-th choice depends on scores, seed and n alone.
/// </summary>
public sealed class TokenSampler
{
    private readonly GenerationOptions options;
    private readonly CounterRandom random;
    private float[] scores = [];
    private int[] order = [];
    private double[] weights = [];
    private ulong drawn;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public TokenSampler(GenerationOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(options.Temperature);
        ArgumentOutOfRangeException.ThrowIfNegative(options.TopK);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.TopP);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.TopP, 1);
        this.options = options;
        random = new CounterRandom((ulong)options.Seed);
    }

    /// <summary>The chosen token; of equal scores the lowest id comes first.</summary>
    public int Choose(ReadOnlySpan<float> logits)
    {
        if (options.Temperature == 0)
        {
            return Best(logits);
        }

        var candidates = Candidates(logits);
        var total = 0.0;
        for (var i = 0; i < candidates; i++)
        {
            weights[i] = Math.Exp((logits[order[i]] - logits[order[0]]) / options.Temperature);
            total += weights[i];
        }

        var kept = options.TopP < 1 ? Nucleus(candidates, ref total) : candidates;
        var point = random.Uniform(drawn++) * total;
        for (var i = 0; i < kept; i++)
        {
            point -= weights[i];
            if (point < 0)
            {
                return order[i];
            }
        }

        // Rounding may leave a sliver at the end.
        return order[kept - 1];
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
            {
                best = i;
            }
        }

        return best;
    }

    // Sorts token ids by score, best first; returns how many top-k leaves.
    private int Candidates(ReadOnlySpan<float> logits)
    {
        if (order.Length != logits.Length)
        {
            (scores, order, weights) = (new float[logits.Length], new int[logits.Length], new double[logits.Length]);
        }

        for (var i = 0; i < order.Length; i++)
        {
            (scores[i], order[i]) = (logits[i], i);
        }

        Array.Sort(order, (left, right) => scores[right].CompareTo(scores[left]) is var byScore and not 0 ? byScore : left.CompareTo(right));
        return options.TopK == 0 ? order.Length : Math.Min(options.TopK, order.Length);
    }

    private int Nucleus(int candidates, ref double total)
    {
        var wanted = options.TopP * total;
        var sum = 0.0;
        for (var i = 0; i < candidates; i++)
        {
            sum += weights[i];
            if (sum >= wanted)
            {
                total = sum;
                return i + 1;
            }
        }

        return candidates;
    }
}
