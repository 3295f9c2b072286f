using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Kernels.Torch;

namespace FineTune.Training.Tests.Kernels.Torch;

/// <summary>Updates on a device of libtorch against those on the processor, from equal memory and with equal chance.</summary>
public sealed unsafe class TorchUpdateTests : IDisposable
{
    /// <summary>Whole blocks, and a shorter one.</summary>
    private const int Count = (StoredValues.Block * 9) + 40;
    private const int Blocks = (Count / StoredValues.Block) + 1;
    private static readonly AdamWSettings Settings = new(3, 1e-3, 0.9, 0.95, 0.1, 1e-8, 0.5);

    private readonly CpuKernels cpu = new(1);
    private readonly TorchKernels torch = new(new TorchMemory(TorchDevice.Cpu), TorchMethods.For(TorchDevice.Cpu, TrainingPrecision.Bf16));

    public void Dispose()
    {
        cpu.Dispose();
        torch.Dispose();
    }

    [Theory]
    [InlineData(ValueForm.BFloat, ValueForm.BFloat, OptimizerKind.Adamw)]
    [InlineData(ValueForm.BFloat, ValueForm.Codes, OptimizerKind.Adamw)]
    [InlineData(ValueForm.Single, ValueForm.Codes, OptimizerKind.Adamw)]
    [InlineData(ValueForm.BFloat, ValueForm.Codes, OptimizerKind.Lion)]
    [InlineData(ValueForm.Single, ValueForm.Single, OptimizerKind.Lion)]
    internal void Update_InEveryForm_RoundsAsOnProcessors(ValueForm weights, ValueForm moments, OptimizerKind kind)
    {
        var (expected, actual) = (Run(cpu, weights, moments, kind), Run(torch, weights, moments, kind));

        // Where the last bits of the arithmetic differ, chance decides otherwise now and then; a wrong chance would change half of all.
        for (var part = 0; part < expected.Length; part++)
        {
            var different = expected[part].Zip(actual[part]).Count(pair => Math.Abs(pair.First - pair.Second) > 1e-5 * Math.Abs(pair.First));
            Assert.InRange(different, 0, Count / 100);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.25)]
    public void AdamW_SinglePrecision_IsThatOfProcessors(double gradientScale)
    {
        var (expected, actual) = (RunAdamW(cpu, gradientScale).Values, RunAdamW(torch, gradientScale).Values);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Fact]
    public void Update_RangesInAnyOrder_RoundAsTheWhole()
    {
        var whole = Weights(StoredValues.Block * 4, StoredValues.Block * 4);
        var parts = Weights(StoredValues.Block * 4, StoredValues.Block);
        Assert.Equal(whole, parts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Update_Measured_ReturnsTheGradientsSquaredNorm(bool onProcessor)
    {
        IKernels kernels = onProcessor ? cpu : torch;
        var expected = Values(2).Sum(gradient => (double)gradient * gradient);
        Assert.Equal(expected, RunAdamW(kernels, 1, measures: true).SquaredNorm, 1e-9 * expected);
        Assert.Equal(0, RunAdamW(kernels, 1).SquaredNorm);
    }

    private static (float[] Values, double SquaredNorm) RunAdamW(IKernels kernels, double gradientScale, bool measures = false)
    {
        float[] w = Values(1), g = Values(2), m = Values(3), v = [.. Values(4).Select(MathF.Abs)];
        fixed (float* weights = w, gradients = g, first = m, second = v)
        {
            var square = kernels.Update(
                OptimizerKind.Adamw, Settings with { GradientScale = gradientScale },
                new(StoredValues.Singles(weights), StoredValues.Singles(first), StoredValues.Singles(second), gradients, Count), measures);
            return ([.. w, .. m, .. v], square);
        }
    }

    /// <summary>Weights, moments and their scales after two updates, as numbers.</summary>
    private static float[][] Run(IKernels kernels, ValueForm weights, ValueForm moments, OptimizerKind kind)
    {
        using var memory = new NativeBuffer<byte>(4L * 3 * Count);
        using var scales = new NativeBuffer<float>(3 * Blocks);
        StoredValues Stored(ValueForm form, int part, int step) =>
            new(form, memory.Data + (4L * part * Count), form == ValueForm.Codes ? scales.Data + (part * Blocks) : null, 512, 77UL + (ulong)((10 * step) + part));
        var initial = Values(1);
        for (var i = 0; i < Count; i++)
        {
            var value = initial[i];
            if (weights == ValueForm.Single)
            {
                ((float*)memory.Data)[i] = value;
            }
            else
            {
                ((ushort*)memory.Data)[i] = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
            }
        }

        for (var step = 1; step <= 2; step++)
        {
            var g = Values(10 + step);
            fixed (float* gradients = g)
            {
                kernels.Update(
                    kind,
                    Settings with { Step = step },
                    new(Stored(weights, 0, step), Stored(moments, 1, step), kind == OptimizerKind.Lion ? default : Stored(moments, 2, step), gradients, Count));
            }
        }

        return [Read(weights, 0), Read(moments, 1), Read(moments, 2), new ReadOnlySpan<float>(scales.Data, 3 * Blocks).ToArray()];

        float[] Read(ValueForm form, int part)
        {
            var data = memory.Data + (4L * part * Count);
            return [.. Enumerable.Range(0, Count).Select(i => form switch
            {
                ValueForm.Single => ((float*)data)[i],
                ValueForm.BFloat => BitConverter.UInt32BitsToSingle((uint)((ushort*)data)[i] << 16),
                _ => data[i],
            })];
        }
    }

    private ushort[] Weights(int count, int range)
    {
        var w = Enumerable.Repeat((ushort)0x3F80, count).ToArray();
        float[] g = [.. Enumerable.Repeat(1f, count)], m = new float[count], v = new float[count];
        fixed (ushort* weights = w)
        fixed (float* gradients = g, first = m, second = v)
        {
            for (var at = count - range; at >= 0; at -= range)
            {
                torch.Update(
                    OptimizerKind.Adamw,
                    Settings,
                    new(
                        new(ValueForm.BFloat, weights + at, null, at, 5),
                        new(ValueForm.Single, first + at, null, at, 6),
                        new(ValueForm.Single, second + at, null, at, 7),
                        gradients + at,
                        range));
            }
        }

        return w;
    }

    private static float[] Values(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Count).Select(_ => (random.NextSingle() - 0.5f) * 2)];
    }
}
