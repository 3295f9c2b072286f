using System.Runtime.CompilerServices;

namespace FineTune.Core.Numerics;

/// <summary>
/// A counter-based random generator: the value is a pure function of (key, counter), so any draw can be repeated without replaying
/// the ones before it. Philox-2x64-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// </summary>
public readonly record struct CounterRandom(ulong Key)
{
    private const ulong Multiplier = 0xD2B74407B1CE6E93;
    private const ulong Weyl = 0x9E3779B97F4A7C15;

    /// <summary>An independent generator for a purpose: same key and stream, same draws.</summary>
    public CounterRandom Stream(ulong stream) => new(Block(stream, ulong.MaxValue).Low);

    /// <summary>64 random bits.</summary>
    public ulong Bits(ulong counter) => Block(counter, 0).Low;

    /// <summary>Uniform in [0, 1).</summary>
    public double Uniform(ulong counter) => (Bits(counter) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="bound"/>).</summary>
    public long Below(ulong counter, long bound) =>
        (long)Math.BigMul(Bits(counter), (ulong)bound, out _);

    /// <summary>Standard normal, by Box and Muller's transform.</summary>
    public double Normal(ulong counter)
    {
        var (low, high) = Block(counter, 0);
        var radius = Math.Sqrt(-2 * Math.Log(((low >> 11) + 1) * (1.0 / (1UL << 53))));
        return radius * Math.Cos(2 * Math.PI * (high >> 11) * (1.0 / (1UL << 53)));
    }

    /// <summary>A permutation of 0 … <paramref name="count"/>-1 (Fisher and Yates).</summary>
    public int[] Permutation(int count)
    {
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            order[i] = i;
        }

        for (var i = count - 1; i > 0; i--)
        {
            var j = (int)Below((ulong)i, i + 1L);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private (ulong Low, ulong High) Block(ulong low, ulong high)
    {
        var key = Key;
        for (var round = 0; round < 10; round++)
        {
            var product = Math.BigMul(Multiplier, low, out var productLow);
            (low, high) = (product ^ key ^ high, productLow);
            key += Weyl;
        }

        return (low, high);
    }
}
