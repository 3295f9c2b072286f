using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu;

/// <summary><see cref="IKernels.Rotate"/> by rows.</summary>
internal readonly unsafe struct RotaryKernel(Matrix heads, Matrix cosines, Matrix sines, int* positions, bool back) : IRangeKernel
{
    public void Run(int slot, long first, long end)
    {
        var half = cosines.Columns;
        var sign = back ? -1f : 1f;
        for (var row = first; row < end; row++)
        {
            float* cos = cosines.Row(positions[row]), sin = sines.Row(positions[row]);
            var head = heads.Row(row);
            for (var stop = head + heads.Columns; head < stop; head += 2 * half)
            {
                Turn(head, head + half, cos, sin, half, sign);
            }
        }
    }

    private static void Turn(float* left, float* right, float* cos, float* sin, int half, float sign)
    {
        var signs = Vector256.Create(sign);
        var i = 0;
        for (; i <= half - VectorMath.Width; i += VectorMath.Width)
        {
            var (a, b) = (Vector256.Load(left + i), Vector256.Load(right + i));
            var (c, s) = (Vector256.Load(cos + i), Vector256.Load(sin + i) * signs);
            ((a * c) - (b * s)).Store(left + i);
            ((b * c) + (a * s)).Store(right + i);
        }

        for (; i < half; i++)
        {
            var (a, b, c, s) = (left[i], right[i], cos[i], sin[i] * sign);
            left[i] = (a * c) - (b * s);
            right[i] = (b * c) + (a * s);
        }
    }
}
