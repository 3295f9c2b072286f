using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>How an optimizer turns a gradient into an update, 8 weights at a time.</summary>
internal interface IUpdateRule
{
    void Apply(Vector256<float> gradient, ref Vector256<float> weight, ref Vector256<float> first, ref Vector256<float> second);
}

/// <summary>
/// Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, in the order of operations of libtorch's fused kernel.
/// </summary>
internal readonly struct AdamWRule : IUpdateRule
{
    private readonly float rate;
    private readonly float correction;
    private readonly float kept;
    private readonly float scale;
    private readonly float epsilon;
    private readonly float beta2;
    private readonly float new1;
    private readonly float new2;

    public AdamWRule(AdamWSettings settings)
    {
        rate = (float)(settings.LearningRate / (1 - Math.Pow(settings.Beta1, settings.Step)));
        correction = (float)Math.Sqrt(1 - Math.Pow(settings.Beta2, settings.Step));
        kept = (float)(1 - (settings.LearningRate * settings.WeightDecay));
        (scale, epsilon) = ((float)settings.GradientScale, (float)settings.Epsilon);
        (beta2, new1, new2) = ((float)settings.Beta2, (float)(1 - settings.Beta1), (float)(1 - settings.Beta2));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(Vector256<float> gradient, ref Vector256<float> weight, ref Vector256<float> first, ref Vector256<float> second)
    {
        gradient *= Vector256.Create(scale);
        first = Vector256.FusedMultiplyAdd(Vector256.Create(new1), gradient - first, first);
        second = Vector256.FusedMultiplyAdd(Vector256.Create(new2) * gradient, gradient, second * Vector256.Create(beta2));
        var denominator = (Vector256.Sqrt(second) / Vector256.Create(correction)) + Vector256.Create(epsilon);
        weight = (weight * Vector256.Create(kept)) - (Vector256.Create(rate) * first / denominator);
    }
}

/// <summary>
/// Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023: the sign of a mean of gradients. Weights decay as with
/// <see cref="AdamWRule"/>. It has no second moment.
/// </summary>
internal readonly struct LionRule(AdamWSettings settings) : IUpdateRule
{
    private readonly float rate = (float)settings.LearningRate;
    private readonly float kept = (float)(1 - (settings.LearningRate * settings.WeightDecay));
    private readonly float scale = (float)settings.GradientScale;
    private readonly float new1 = (float)(1 - settings.Beta1);
    private readonly float new2 = (float)(1 - settings.Beta2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(Vector256<float> gradient, ref Vector256<float> weight, ref Vector256<float> first, ref Vector256<float> second)
    {
        gradient *= Vector256.Create(scale);
        var direction = Vector256.FusedMultiplyAdd(Vector256.Create(new1), gradient - first, first);
        first = Vector256.FusedMultiplyAdd(Vector256.Create(new2), gradient - first, first);
        var step = Vector256.Create(rate) | (direction & Vector256.Create(-0f));
        step = Vector256.AndNot(step, Vector256.Equals(direction, Vector256<float>.Zero).AsSingle());
        weight = (weight * Vector256.Create(kept)) - step;
    }
}
