using System.Runtime.Intrinsics;
using FineTune.Training.Kernels.Cpu;

namespace FineTune.Training.Tests.Kernels;

public sealed unsafe class VectorMathTests
{
    [Fact]
    public void Exp_WholeRange_IsWithinTwoUnitsInTheLastPlace()
    {
        for (var x = -87f; x < 88f; x += 0.0137f)
        {
            var expected = Math.Exp(x);
            Assert.Equal(1, VectorMath.Exp(Vector256.Create(x))[3] / expected, 2.4e-7);
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-88, 0)]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.NaN, float.NaN)]
    public void Exp_Edges_AreExact(float x, float expected) => Assert.Equal(expected, VectorMath.Exp(Vector256.Create(x))[0]);

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(37)]
    public void Loops_AnyLength_TakeEveryValueAndNoOther(int count)
    {
        float[] x = [.. Enumerable.Range(0, count + 8).Select(i => i < count ? MathF.Sin(i) : 1000f)];
        float[] before = [.. x];
        fixed (float* data = x)
        {
            var values = before[..count];
            Assert.Equal(values.Max(), VectorMath.Max(data, count));
            Assert.Equal(values.Sum(value => (double)value * value), VectorMath.Dot(data, data, count), 1e-5);
            Assert.Equal(values.Sum(value => Math.Exp(value - 0.5)), VectorMath.ExpSum(data, count, 0.5f), 1e-4);
            VectorMath.Scale(data, count, 2);
            VectorMath.Add(data, data, count);
        }

        for (var i = 0; i < x.Length; i++)
        {
            Assert.Equal(i < count ? 4 * Math.Exp(before[i] - 0.5) : 1000, x[i], 1e-5);
        }
    }
}
