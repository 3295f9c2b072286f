using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;

namespace FineTune.Training.Tests.Kernels.Cpu;

/// <summary>Against sums in double precision, on lengths with and without rests in every block.</summary>
public sealed unsafe class AttentionTests
{
    [Theory]
    [InlineData(2, 2, 16, new[] { 1, 2, 5 })]
    [InlineData(4, 2, 8, new[] { 72, 17, 73 })]
    [InlineData(3, 1, 20, new[] { 150 })]
    [InlineData(1, 1, 4, new[] { 600 })]
    public void AttentionAndGradient_PackedSequences_EqualDoublePrecision(int heads, int keyHeads, int width, int[] lengths)
    {
        var shape = new AttentionShape(heads, keyHeads, width);
        var rows = lengths.Sum();
        float[] packed = Values(rows * shape.PackedWidth, 1), dOutput = Values(rows * shape.QueryWidth, 2);
        float[] output = Unset(rows * shape.QueryWidth), logSums = Unset(rows * heads), dPacked = Unset(rows * shape.PackedWidth);
        Segment[] segments = [.. lengths.Select((length, i) => new Segment(lengths.Take(i).Sum(), length))];
        fixed (float* x = packed, y = output, sums = logSums, dy = dOutput, dx = dPacked)
        fixed (Segment* first = segments)
        {
            using var kernels = new CpuKernels(2);
            var all = new Segments(first, segments.Length, lengths.Max());
            var (inputs, outputs, logs) = (new Matrix(x, rows, shape.PackedWidth), new Matrix(y, rows, shape.QueryWidth), new Matrix(sums, rows, heads));
            kernels.Attention(shape, inputs, all, outputs, logs);
            kernels.AttentionGradient(
                shape, inputs, all, outputs, logs, new Matrix(dy, rows, shape.QueryWidth), new Matrix(dx, rows, shape.PackedWidth));
        }

        var (expected, gradient) = Reference(shape, segments, packed, dOutput);
        Assert.All(Enumerable.Range(0, output.Length), i => Assert.Equal(expected[i], output[i], 2e-5));
        Assert.All(Enumerable.Range(0, dPacked.Length), i => Assert.Equal(gradient[i], dPacked[i], 5e-5));
    }

    private static (double[] Output, double[] Gradient) Reference(AttentionShape shape, Segment[] segments, float[] packed, float[] dOutput)
    {
        var (d, wide, narrow) = (shape.HeadDimension, shape.PackedWidth, shape.QueryWidth);
        double[] output = new double[dOutput.Length], gradient = new double[packed.Length];
        foreach (var segment in segments)
        {
            for (var head = 0; head < shape.Heads; head++)
            {
                var (key, value) = ((shape.Heads + (head / shape.GroupSize)) * d, (shape.Heads + shape.KeyValueHeads + (head / shape.GroupSize)) * d);
                for (var row = segment.First; row < segment.First + segment.Length; row++)
                {
                    var seen = row - segment.First + 1;
                    double[] scores = [.. Enumerable.Range(segment.First, seen).Select(k => Dot(packed, (row * wide) + (head * d), packed, (k * wide) + key, d) / Math.Sqrt(d))];
                    double[] p = [.. scores.Select(score => Math.Exp(score - scores.Max()))];
                    p = [.. p.Select(value => value / p.Sum())];
                    double[] dp = [.. Enumerable.Range(segment.First, seen).Select(k => Dot(dOutput, (row * narrow) + (head * d), packed, (k * wide) + value, d))];
                    var mean = p.Zip(dp, (a, b) => a * b).Sum();
                    for (var k = 0; k < seen; k++)
                    {
                        var at = (segment.First + k) * wide;
                        var ds = p[k] * (dp[k] - mean) / Math.Sqrt(d);
                        for (var i = 0; i < d; i++)
                        {
                            output[(row * narrow) + (head * d) + i] += p[k] * packed[at + value + i];
                            gradient[(row * wide) + (head * d) + i] += ds * packed[at + key + i];
                            gradient[at + key + i] += ds * packed[(row * wide) + (head * d) + i];
                            gradient[at + value + i] += p[k] * dOutput[(row * narrow) + (head * d) + i];
                        }
                    }
                }
            }
        }

        return (output, gradient);
    }

    private static double Dot(float[] a, int atA, float[] b, int atB, int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += (double)a[atA + i] * b[atB + i];
        }

        return sum;
    }

    private static float[] Values(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() - 0.5f) * 2)];
    }

    private static float[] Unset(int count)
    {
        var values = new float[count];
        values.AsSpan().Fill(float.NaN);
        return values;
    }
}
