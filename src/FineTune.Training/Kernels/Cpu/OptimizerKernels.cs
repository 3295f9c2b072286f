using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.SumGradients"/> by blocks of values, each with a squared norm of its own, so that the threads' number
/// does not change the sum.</summary>
internal readonly unsafe struct SumGradientsKernel(float** gradients, int buffers, long count, double* squares) : IRangeKernel
{
    public const int BlockSize = 4096;

    public void Run(int slot, long first, long end)
    {
        for (var block = first; block < end; block++)
        {
            var at = block * BlockSize;
            var length = (int)Math.Min(BlockSize, count - at);
            for (var other = 1; other < buffers; other++)
            {
                VectorMath.Add(gradients[other] + at, gradients[0] + at, length);
            }

            squares[block] = Square(gradients[0] + at, length);
        }
    }

    // In double precision: the squares of small gradients leave the range of single precision.
    public static double Square(float* x, int count)
    {
        Vector256<double> sum0 = default, sum1 = default, sum2 = default, sum3 = default;
        var i = 0;
        for (; i <= count - (2 * VectorMath.Width); i += 2 * VectorMath.Width)
        {
            var (lower, upper) = Vector256.Widen(Vector256.Load(x + i));
            sum0 = Vector256.FusedMultiplyAdd(lower, lower, sum0);
            sum1 = Vector256.FusedMultiplyAdd(upper, upper, sum1);
            (lower, upper) = Vector256.Widen(Vector256.Load(x + i + VectorMath.Width));
            sum2 = Vector256.FusedMultiplyAdd(lower, lower, sum2);
            sum3 = Vector256.FusedMultiplyAdd(upper, upper, sum3);
        }

        var total = Vector256.Sum(sum0 + sum1 + (sum2 + sum3));
        for (; i < count; i++)
        {
            total += (double)x[i] * x[i];
        }

        return total;
    }
}

/// <summary><see cref="IKernels.AdamW"/> by values, in the order of operations of libtorch's fused kernel.</summary>
internal readonly unsafe struct AdamWKernel(float* weights, float* gradients, float* first, float* second, AdamWSettings settings) : IRangeKernel
{
    public void Run(int slot, long begin, long end)
    {
        var rate = (float)(settings.LearningRate / (1 - Math.Pow(settings.Beta1, settings.Step)));
        var correction = (float)Math.Sqrt(1 - Math.Pow(settings.Beta2, settings.Step));
        var kept = (float)(1 - (settings.LearningRate * settings.WeightDecay));
        var (scale, epsilon) = ((float)settings.GradientScale, (float)settings.Epsilon);
        var (beta2, new1, new2) = ((float)settings.Beta2, (float)(1 - settings.Beta1), (float)(1 - settings.Beta2));
        var i = begin;
        for (; i <= end - VectorMath.Width; i += VectorMath.Width)
        {
            var gradient = Vector256.Load(gradients + i) * Vector256.Create(scale);
            var m = Vector256.Load(first + i);
            m = Vector256.FusedMultiplyAdd(Vector256.Create(new1), gradient - m, m);
            var v = Vector256.FusedMultiplyAdd(
                Vector256.Create(new2) * gradient, gradient, Vector256.Load(second + i) * Vector256.Create(beta2));
            var denominator = (Vector256.Sqrt(v) / Vector256.Create(correction)) + Vector256.Create(epsilon);
            var weight = Vector256.Load(weights + i) * Vector256.Create(kept);
            m.Store(first + i);
            v.Store(second + i);
            (weight - (Vector256.Create(rate) * m / denominator)).Store(weights + i);
        }

        for (; i < end; i++)
        {
            var gradient = gradients[i] * scale;
            first[i] = MathF.FusedMultiplyAdd(new1, gradient - first[i], first[i]);
            second[i] = MathF.FusedMultiplyAdd(new2 * gradient, gradient, second[i] * beta2);
            weights[i] = (weights[i] * kept) - (rate * first[i] / ((MathF.Sqrt(second[i]) / correction) + epsilon));
        }
    }
}
