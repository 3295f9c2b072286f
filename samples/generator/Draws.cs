using FineTune.Core.Numerics;

namespace FineTune.Samples;

/// <summary>Successive draws of one counter-based stream.</summary>
public sealed class Draws(CounterRandom random)
{
    private ulong counter;

    /// <summary>Uniform in [0, <paramref name="bound"/>).</summary>
    public int Below(int bound) => (int)random.Below(counter++, bound);
}
