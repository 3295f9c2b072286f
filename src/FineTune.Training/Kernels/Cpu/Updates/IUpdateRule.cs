using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>How an optimizer turns a gradient into an update, 8 weights at a time.</summary>
internal interface IUpdateRule
{
    void Apply(Vector256<float> gradient, ref Vector256<float> weight, ref Vector256<float> first, ref Vector256<float> second);
}

/// <summary>
/// Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019. The second moment's bias correction c is drawn out of the
/// root: rate · m / (√v / c + ε) = rate · c · m / (√v + ε · c), which saves one of two divisions.
/// </summary>
internal readonly struct AdamWRule : IUpdateRule
{
    private readonly Vector256<float> rate;
    private readonly Vector256<float> kept;
    private readonly Vector256<float> scale;
    private readonly Vector256<float> epsilon;
    private readonly Vector256<float> beta2;
    private readonly Vector256<float> new1;
    private readonly Vector256<float> new2;

    public AdamWRule(AdamWSettings settings)
    {
        var correction = Math.Sqrt(1 - Math.Pow(settings.Beta2, settings.Step));
        rate = Vector256.Create((float)(settings.LearningRate * correction / (1 - Math.Pow(settings.Beta1, settings.Step))));
        kept = Vector256.Create((float)(1 - (settings.LearningRate * settings.WeightDecay)));
        scale = Vector256.Create((float)settings.GradientScale);
        epsilon = Vector256.Create((float)(settings.Epsilon * correction));
        (beta2, new1, new2) = (Vector256.Create((float)settings.Beta2), Vector256.Create((float)(1 - settings.Beta1)), Vector256.Create((float)(1 - settings.Beta2)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(Vector256<float> gradient, ref Vector256<float> weight, ref Vector256<float> first, ref Vector256<float> second)
    {
        gradient *= scale;
        first = Vector256.FusedMultiplyAdd(new1, gradient - first, first);
        second = Vector256.FusedMultiplyAdd(new2 * gradient, gradient, second * beta2);
        weight = (weight * kept) - (rate * first / (Vector256.Sqrt(second) + epsilon));
    }
}

/// <summary>
/// Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023: the sign of a mean of gradients. Weights decay as with
/// <see cref="AdamWRule"/>. It has no second moment.
/// </summary>
internal readonly struct LionRule(AdamWSettings settings) : IUpdateRule
{
    private readonly Vector256<float> rate = Vector256.Create((float)settings.LearningRate);
    private readonly Vector256<float> kept = Vector256.Create((float)(1 - (settings.LearningRate * settings.WeightDecay)));
    private readonly Vector256<float> scale = Vector256.Create((float)settings.GradientScale);
    private readonly Vector256<float> new1 = Vector256.Create((float)(1 - settings.Beta1));
    private readonly Vector256<float> new2 = Vector256.Create((float)(1 - settings.Beta2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Apply(Vector256<float> gradient, ref Vector256<float> weight, ref Vector256<float> first, ref Vector256<float> second)
    {
        gradient *= scale;
        var direction = Vector256.FusedMultiplyAdd(new1, gradient - first, first);
        first = Vector256.FusedMultiplyAdd(new2, gradient - first, first);
        var step = rate | (direction & Vector256.Create(-0f));
        step = Vector256.AndNot(step, Vector256.Equals(direction, Vector256<float>.Zero).AsSingle());
        weight = (weight * kept) - step;
    }
}
