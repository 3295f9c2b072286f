using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>One optimizer update of a tensor, in blocks of <see cref="IValueStore.Block"/> values, in one pass over memory.</summary>
/// <param name="gradients">Of the whole tensor, in single precision.</param>
/// <param name="count">Values of the tensor.</param>
/// <param name="squares">Takes the squared norm of each block's gradients, in double precision, unless it is null.</param>
internal readonly unsafe struct UpdateKernel<TRule, TWeights, TFirst, TSecond>(
    TRule rule, TWeights weights, TFirst first, TSecond second, float* gradients, long count, double* squares = null) : IRangeKernel
    where TRule : unmanaged, IUpdateRule
    where TWeights : unmanaged, IValueStore
    where TFirst : unmanaged, IValueStore
    where TSecond : unmanaged, IValueStore
{
    public void Run(int slot, long begin, long end)
    {
        var scratch = stackalloc float[3 * IValueStore.Block];
        for (var block = begin; block < end; block++)
        {
            var at = block * IValueStore.Block;
            var length = (int)Math.Min(IValueStore.Block, count - at);
            if (squares is not null)
            {
                squares[block] = SumGradientsKernel.Square(gradients + at, length);
            }

            Update(at, length, scratch);
        }
    }

    // Compiled well at once: the planner measures it in the first second of a process.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Update(long at, int length, float* scratch)
    {
        var w = weights.Load(at, length, scratch);
        var m = first.Load(at, length, scratch + IValueStore.Block);
        var v = second.Load(at, length, scratch + (2 * IValueStore.Block));
        var whole = length & -VectorMath.Width;

        // A copy of its own stays in registers: what is stored could be anywhere.
        var own = rule;
        for (var i = 0; i < whole; i += VectorMath.Width)
        {
            Apply(own, gradients + at + i, w + i, m + i, v + i);
        }

        if (whole < length)
        {
            ApplyRest(own, gradients + at + whole, w + whole, m + whole, v + whole, length - whole);
        }

        weights.Store(at, length, w);
        first.Store(at, length, m);
        second.Store(at, length, v);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Apply(TRule rule, float* gradient, float* w, float* m, float* v)
    {
        var (weight, mean, square) = (Vector256.Load(w), Vector256.Load(m), Vector256.Load(v));
        rule.Apply(Vector256.Load(gradient), ref weight, ref mean, ref square);
        weight.Store(w);
        mean.Store(m);
        square.Store(v);
    }

    private static void ApplyRest(TRule rule, float* gradient, float* w, float* m, float* v, int count)
    {
        var g1 = stackalloc float[4 * VectorMath.Width];
        new Span<float>(g1, 4 * VectorMath.Width).Clear();
        var w1 = g1 + VectorMath.Width;
        var m1 = w1 + VectorMath.Width;
        var v1 = m1 + VectorMath.Width;
        Copy(gradient, g1, count);
        Copy(w, w1, count);
        Copy(m, m1, count);
        Copy(v, v1, count);
        Apply(rule, g1, w1, m1, v1);
        Copy(w1, w, count);
        Copy(m1, m, count);
        Copy(v1, v, count);
    }

    private static void Copy(float* source, float* destination, int count) =>
        new Span<float>(source, count).CopyTo(new Span<float>(destination, count));
}
