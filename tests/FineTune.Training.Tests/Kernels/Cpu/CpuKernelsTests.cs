using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Tests.Kernels.Cpu;

public sealed unsafe class CpuKernelsTests
{
    private const int Rows = 70;
    private const int Outputs = 90;
    private const int Inputs = 65;

    /// <summary>Machines with wider vectors use MKL's.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Products_PackedAndMkl_Agree(bool halves)
    {
        var (packed, mkl) = (Products(packs: true, halves), Products(packs: false, halves));

        Assert.Equal(packed.Length, mkl.Length);
        Assert.All(Enumerable.Range(0, packed.Length), i => Assert.Equal(packed[i], mkl[i], 1e-4f));
    }

    private static float[] Products(bool packs, bool halves)
    {
        float[] x = Values(Rows * Inputs, 1), w = Values(Outputs * Inputs, 2), dy = Values(Rows * Outputs, 3);
        ushort[] half = [.. w.Select(BFloat.FromSingle)];
        float[] y = new float[Rows * Outputs], dx = new float[Rows * Inputs], dw = new float[Outputs * Inputs];
        fixed (float* px = x, pw = w, pdy = dy, py = y, pdx = dx, pdw = dw)
        fixed (ushort* ph = half)
        {
            using var kernels = new CpuKernels(2, packs);
            var weight = halves ? new Weight(ph, Outputs, Inputs) : new Weight(pw, Outputs, Inputs);
            var (inputs, gradients) = (new Matrix(px, Rows, Inputs), new Matrix(pdy, Rows, Outputs));
            kernels.Linear(inputs, weight, new Matrix(py, Rows, Outputs), add: false);
            kernels.Linear(inputs, weight, new Matrix(py, Rows, Outputs), add: true);
            kernels.LinearInputGradient(gradients, weight, new Matrix(pdx, Rows, Inputs));
            kernels.LinearWeightGradient(gradients, inputs, new Matrix(pdw, Outputs, Inputs), add: false);
            kernels.LinearWeightGradient(gradients, inputs, new Matrix(pdw, Outputs, Inputs), add: true);
        }

        return [.. y, .. dx, .. dw];
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }
}
