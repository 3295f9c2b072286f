using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.SwiGlu"/> by rows.</summary>
internal readonly unsafe struct SwiGluForward(Matrix gateUp, Matrix y) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        for (var row = first; row < end; row++)
        {
            Row(gateUp.Row(row), gateUp.Row(row) + y.Columns, y.Row(row), y.Columns);
        }
    }

    public static void Row(float* gate, float* up, float* output, int count)
    {
        var i = 0;
        for (; i <= count - VectorMath.Width; i += VectorMath.Width)
        {
            var g = Vector256.Load(gate + i);
            (g / (Vector256<float>.One + VectorMath.Exp(-g)) * Vector256.Load(up + i)).Store(output + i);
        }

        for (; i < count; i++)
        {
            output[i] = gate[i] / (1 + MathF.Exp(-gate[i])) * up[i];
        }
    }
}

/// <summary><see cref="IKernels.SwiGluGradient"/> by rows; silu' = σ (1 + g (1 - σ)).</summary>
internal readonly unsafe struct SwiGluBackward(Matrix gateUp, Matrix dy) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var count = dy.Columns;
        var one = Vector256<float>.One;
        for (var row = first; row < end; row++)
        {
            float* gate = gateUp.Row(row), up = gate + count, output = dy.Row(row);
            var i = 0;
            for (; i <= count - VectorMath.Width; i += VectorMath.Width)
            {
                var (g, u, d) = (Vector256.Load(gate + i), Vector256.Load(up + i), Vector256.Load(output + i));
                var sigmoid = one / (one + VectorMath.Exp(-g));
                var silu = g * sigmoid;
                (silu * u).Store(output + i);
                (d * silu).Store(up + i);
                (d * u * (sigmoid + (silu * (one - sigmoid)))).Store(gate + i);
            }

            for (; i < count; i++)
            {
                var (g, u, d) = (gate[i], up[i], output[i]);
                var sigmoid = 1 / (1 + MathF.Exp(-g));
                var silu = g * sigmoid;
                output[i] = silu * u;
                up[i] = d * silu;
                gate[i] = d * u * (sigmoid + (silu * (1 - sigmoid)));
            }
        }
    }
}
