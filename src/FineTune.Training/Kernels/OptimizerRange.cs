namespace FineTune.Training.Kernels;

/// <summary>What an optimizer update works on: as many weights, moments and gradients; a view, it owns nothing.</summary>
/// <param name="second">Of rules that have it; else of no form.</param>
/// <param name="gradients">In single precision.</param>
internal readonly unsafe struct OptimizerRange(StoredValues weights, StoredValues first, StoredValues second, float* gradients, long count)
{
    public StoredValues Weights => weights;

    public StoredValues First => first;

    public StoredValues Second => second;

    public float* Gradients => gradients;

    public long Count => count;
}
