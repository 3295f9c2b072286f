namespace FineTune.Training.Kernels;

/// <summary>One AdamW update.</summary>
/// <param name="Step">Number of this update, from 1.</param>
/// <param name="GradientScale">Gradients are multiplied by it first: clipping.</param>
internal readonly record struct AdamWSettings(
    long Step, double LearningRate, double Beta1, double Beta2, double WeightDecay, double Epsilon, double GradientScale);
