using FineTune.Core.Models;

namespace FineTune.Core.Estimates;

/// <summary>
/// Floating-point operations of a model as MFU counts them (Chowdhery et al., "PaLM", 2022): two for each multiplication and addition,
/// without look-ups, norms and what is computed again.
/// </summary>
public static class TrainingArithmetic
{
    /// <summary>Weights of products a token meets: all matrices but the embedding, which is looked up, and the head, tied or not.</summary>
    public static long ProductWeights(ModelShape model) => LayerProductWeights(model) + ((long)model.VocabSize * model.HiddenSize);

    /// <summary>Those of the layers.</summary>
    public static long LayerProductWeights(ModelShape model) =>
        model.Layers * ((long)model.HiddenSize * ((2L * model.QueryWidth) + (2L * model.KeyWidth) + (3L * model.IntermediateSize)));

    /// <summary>Forward and backward over sequences of <paramref name="tokens"/> inputs whose squares add up to <paramref name="squares"/>.</summary>
    public static double OfStep(ModelShape model, long tokens, double squares) =>
        (6.0 * ProductWeights(model) * tokens) + (6.0 * model.Layers * model.QueryWidth * squares);
}
