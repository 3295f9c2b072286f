using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.RmsNorm"/> by rows.</summary>
internal readonly unsafe struct RmsNormForward(Matrix x, float* gain, float epsilon, float* scale, Matrix y) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var count = x.Columns;
        for (var row = first; row < end; row++)
        {
            float* input = x.Row(row), output = y.Row(row);
            var inverse = 1 / MathF.Sqrt((VectorMath.Dot(input, input, count) / count) + epsilon);
            scale[row] = inverse;
            var factors = Vector256.Create(inverse);
            var i = 0;
            for (; i <= count - VectorMath.Width; i += VectorMath.Width)
            {
                (Vector256.Load(input + i) * factors * Vector256.Load(gain + i)).Store(output + i);
            }

            for (; i < count; i++)
            {
                output[i] = input[i] * inverse * gain[i];
            }
        }
    }
}

/// <summary>
/// <see cref="IKernels.RmsNormGradient"/> by rows. With n = x · s: dx += s (dy · gain - n · mean(dy · gain · n)), dgain += dy · n.
/// </summary>
/// <param name="dGains">A sum of its own for each slot.</param>
internal readonly unsafe struct RmsNormBackward(Matrix x, float* gain, float* scale, Matrix dy, Matrix dx, Matrix dGains) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var count = x.Columns;
        var dGain = dGains.Row(slot);
        for (var row = first; row < end; row++)
        {
            float* input = x.Row(row), dOutput = dy.Row(row), dInput = dx.Row(row);
            var factor = scale[row];
            var mean = Mean(input, dOutput, dGain, factor, count);
            var factors = Vector256.Create(factor);
            var means = Vector256.Create(mean);
            var i = 0;
            for (; i <= count - VectorMath.Width; i += VectorMath.Width)
            {
                var normed = Vector256.Load(input + i) * factors;
                var change = (Vector256.Load(dOutput + i) * Vector256.Load(gain + i)) - (normed * means);
                Vector256.FusedMultiplyAdd(factors, change, Vector256.Load(dInput + i)).Store(dInput + i);
            }

            for (; i < count; i++)
            {
                dInput[i] += factor * ((dOutput[i] * gain[i]) - (input[i] * factor * mean));
            }
        }
    }

    private float Mean(float* input, float* dOutput, float* dGain, float factor, int count)
    {
        var factors = Vector256.Create(factor);
        var sum = Vector256<float>.Zero;
        var i = 0;
        for (; i <= count - VectorMath.Width; i += VectorMath.Width)
        {
            var product = Vector256.Load(input + i) * factors * Vector256.Load(dOutput + i);
            (Vector256.Load(dGain + i) + product).Store(dGain + i);
            sum = Vector256.FusedMultiplyAdd(product, Vector256.Load(gain + i), sum);
        }

        var total = Vector256.Sum(sum);
        for (; i < count; i++)
        {
            var product = input[i] * factor * dOutput[i];
            dGain[i] += product;
            total += product * gain[i];
        }

        return total / count;
    }
}
