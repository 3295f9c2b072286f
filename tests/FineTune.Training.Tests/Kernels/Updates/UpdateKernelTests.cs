using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Kernels.Cpu.Updates;

namespace FineTune.Training.Tests.Kernels.Updates;

public sealed unsafe class UpdateKernelTests
{
    private const int Count = 517;
    private static readonly AdamWSettings Settings = new(3, 1e-2, 0.9, 0.95, 0.1, 1e-8, 0.5);

    [Fact]
    public void AdamW_SinglePrecision_IsTheTextbooksUpdate()
    {
        var (w, g, m, v) = (Values(1), Values(2), Values(3), Values(4).Select(MathF.Abs).ToArray());
        var before = ((float[])w.Clone(), (float[])m.Clone(), (float[])v.Clone());

        Run(new AdamWRule(Settings), w, g, m, v);

        for (var i = 0; i < Count; i++)
        {
            var gradient = g[i] * 0.5;
            var mean = (0.9 * before.Item2[i]) + (0.1 * gradient);
            var square = (0.95 * before.Item3[i]) + (0.05 * gradient * gradient);
            var expected = (before.Item1[i] * (1 - 1e-3)) - (1e-2 * (mean / (1 - Math.Pow(0.9, 3))) / (Math.Sqrt(square / (1 - Math.Pow(0.95, 3))) + 1e-8));
            Assert.Equal(expected, w[i], 1e-5);
            Assert.Equal(mean, m[i], 1e-6);
            Assert.Equal(square, v[i], 1e-6);
        }
    }

    [Fact]
    public void Lion_SinglePrecision_IsTheTextbooksUpdate()
    {
        var (w, g, m) = (Values(1), Values(2), Values(3));
        (g[5], m[5]) = (0, 0);
        var before = ((float[])w.Clone(), (float[])m.Clone());

        Run(new LionRule(Settings with { Beta2 = 0.99 }), w, g, m, null);

        for (var i = 0; i < Count; i++)
        {
            var gradient = g[i] * 0.5;
            var direction = Math.Sign((0.9 * before.Item2[i]) + (0.1 * gradient));
            Assert.Equal((before.Item1[i] * (1 - 1e-3)) - (1e-2 * direction), w[i], 1e-5);
            Assert.Equal((0.99 * before.Item2[i]) + (0.01 * gradient), m[i], 1e-6);
        }
    }

    [Fact]
    public void AdamW_BFloatWeights_TakeInUpdatesBelowTheirPrecision()
    {
        // 300 updates of 1e-4 to weights of 1, whose neighbours in bfloat16 are 4e-3 and 8e-3 away.
        var bits = Enumerable.Repeat((ushort)0x3F80, 512).ToArray();
        float[] g = [.. Enumerable.Repeat(1f, 512)], m = new float[512], v = new float[512];
        fixed (ushort* weights = bits)
        fixed (float* gradients = g, first = m, second = v)
        {
            for (var step = 1; step <= 300; step++)
            {
                new UpdateKernel<AdamWRule, BFloatStore, SingleStore, SingleStore>(
                    new AdamWRule(new AdamWSettings(step, 1e-4, 0.9, 0.95, 0, 1e-8, 1)),
                    new BFloatStore(weights, new Noise(Noise.SeedOf(step, 0, 0))), new SingleStore(first), new SingleStore(second), gradients, 512).Run(0, 0, 2);
            }
        }

        Assert.Equal(1 - 0.03, bits.Average(value => BitConverter.UInt32BitsToSingle((uint)value << 16)), 2.5e-3);
    }

    private static void Run<TRule>(TRule rule, float[] w, float[] g, float[] m, float[]? v)
        where TRule : unmanaged, IUpdateRule
    {
        fixed (float* weights = w, gradients = g, first = m, second = v)
        {
            if (v is null)
            {
                new UpdateKernel<TRule, SingleStore, SingleStore, NoStore>(rule, new(weights), new(first), default, gradients, Count).Run(0, 0, 3);
            }
            else
            {
                new UpdateKernel<TRule, SingleStore, SingleStore, SingleStore>(rule, new(weights), new(first), new(second), gradients, Count)
                    .Run(0, 0, 3);
            }
        }
    }

    private static float[] Values(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Count).Select(_ => (random.NextSingle() - 0.5f) * 2)];
    }
}
