using FineTune.Core.Runs;

namespace FineTune.Training.Kernels;

/// <summary>
/// What a training step is made of, forward and backward, on one device. All memory is the caller's; calls run in order. Rows are
/// packed positions; a weight W [outputs, inputs] maps x to x Wᵀ, as in Hugging Face's files. "+=" marks what is added to.
/// Matrices, weights, gains, scales, gradients and moments are in the device's memory. Indices, labels, losses and hits are in the
/// host's: losses and hits are there when a call returns, everything else may still be under way.
/// </summary>
internal unsafe interface IKernels : IDisposable
{
    /// <summary><paramref name="y"/> = <paramref name="x"/> Wᵀ, or += with <paramref name="add"/>.</summary>
    void Linear(Matrix x, Weight weight, Matrix y, bool add = false);

    /// <summary><paramref name="dx"/> = <paramref name="dy"/> W.</summary>
    void LinearInputGradient(Matrix dy, Weight weight, Matrix dx);

    /// <summary><paramref name="dWeight"/> = <paramref name="dy"/>ᵀ <paramref name="x"/>, or += with <paramref name="add"/>.</summary>
    void LinearWeightGradient(Matrix dy, Matrix x, Matrix dWeight, bool add);

    /// <summary>y = x · s · gain with s = 1 / √(mean(x²) + ε) per row, kept in <paramref name="scale"/> (Zhang and Sennrich, 2019).</summary>
    void RmsNorm(Matrix x, float* gain, float epsilon, float* scale, Matrix y);

    /// <summary><paramref name="dx"/> += and <paramref name="dGain"/> +=, from <see cref="RmsNorm"/>'s input, gain and scale.</summary>
    void RmsNormGradient(Matrix x, float* gain, float* scale, Matrix dy, Matrix dx, float* dGain);

    /// <summary>Turns dimension pairs (i, i + d/2) of each head in place by their position's angle (Su et al., "RoFormer", 2021).</summary>
    /// <param name="heads">[rows, heads · d]; <paramref name="cosines"/> and <paramref name="sines"/> are [positions, d/2].</param>
    /// <param name="back">Turns the other way: the gradient.</param>
    void Rotate(Matrix heads, Matrix cosines, Matrix sines, int* positions, bool back);

    /// <summary>Causal softmax(q kᵀ / √d) v within each segment.</summary>
    /// <param name="packed">[rows, <see cref="AttentionShape.PackedWidth"/>].</param>
    /// <param name="logSums">[rows, heads]: logarithm of each softmax's denominator, for the gradient.</param>
    void Attention(AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums);

    /// <summary>Gradient of <see cref="Attention"/> for queries, keys and values, laid out like them.</summary>
    void AttentionGradient(
        AttentionShape shape, Matrix packed, Segments segments, Matrix output, Matrix logSums, Matrix dOutput, Matrix dPacked);

    /// <summary>y = silu(gate) · up (Shazeer, "GLU variants improve transformer", 2020); gate and up are the halves of each row.</summary>
    void SwiGlu(Matrix gateUp, Matrix y);

    /// <summary><paramref name="gateUp"/> becomes its own gradient and <paramref name="dy"/> the forward result, which the next
    /// product needs.</summary>
    void SwiGluGradient(Matrix gateUp, Matrix dy);

    /// <summary>Negative log-likelihood of each row's label, and in place of the logits their gradient times <paramref name="scale"/>.</summary>
    void CrossEntropy(Matrix logits, int* labels, float scale, float* losses);

    /// <summary>Negative log-likelihood of each row's label, and 1 where no logit is higher, else 0. Destroys the logits.</summary>
    void Score(Matrix logits, int* labels, float* losses, int* hits);

    /// <summary>Row i of <paramref name="destination"/> = row <paramref name="tokens"/>[i] of <paramref name="embedding"/>.</summary>
    void Embed(Weight embedding, int* tokens, Matrix destination);

    /// <summary>Row i of <paramref name="destination"/> = row <paramref name="rows"/>[i] of <paramref name="source"/>.</summary>
    void Gather(Matrix source, int* rows, Matrix destination);

    /// <summary>
    /// Row <paramref name="rows"/>[i] - <paramref name="first"/> of <paramref name="destination"/> += row i of <paramref name="source"/>,
    /// where the destination has such a row.
    /// </summary>
    void ScatterAdd(Matrix source, int* rows, int first, Matrix destination);

    void Copy(Matrix source, Matrix destination);

    void Clear(Matrix destination);

    /// <summary>Adds further gradients to the first, in order; returns the squared Euclidean norm of the sum, in double precision.</summary>
    double SumGradients(float** gradients, int buffers, long count);

    /// <summary>One optimizer update of values in any form they are kept in; one pass over memory.</summary>
    /// <param name="measures">Whether the result is asked for; 0 otherwise.</param>
    /// <returns>The squared Euclidean norm of the gradients, in double precision.</returns>
    double Update(OptimizerKind kind, AdamWSettings settings, OptimizerRange range, bool measures = false);
}
