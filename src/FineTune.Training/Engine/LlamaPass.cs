using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>
/// Llama's forward and backward pass over a packed batch, written out: pre-norm with RMSNorm, rotary embeddings, grouped-query
/// attention, SwiGLU (Touvron et al., "LLaMA", 2023). Norms and activations are computed again on the way back rather than kept.
/// Only rows with labels go through what follows the last attention, and their logits exist in chunks only.
/// </summary>
internal sealed unsafe class LlamaPass(LlamaConfig config, LlamaBlock weights, RotaryAngles angles)
{
    private readonly float epsilon = (float)config.RmsNormEpsilon;
    private readonly AttentionShape shape = new(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);

    /// <summary>Adds the batch's gradients to <paramref name="gradients"/>; returns the sum of its losses.</summary>
    /// <param name="add">False where the gradients hold nothing yet; they need not be zero then.</param>
    /// <param name="scale">Of the gradients: one over the step's trained tokens.</param>
    public double Train(IKernels kernels, PackedBatch batch, Activations activations, LlamaBlock gradients, bool add, float scale)
    {
        if (!add)
        {
            ClearSums(kernels, gradients);
        }

        Forward(kernels, batch, activations);
        HeadGradient(kernels, batch, activations, gradients, add, scale);
        for (var i = config.Layers - 1; i >= 0; i--)
        {
            LayerGradient(kernels, batch, activations, gradients, i, add);
        }

        kernels.ScatterAdd(activations.DStream, batch.Tokens, gradients.Embedding);
        return Sum(activations.Losses, batch.LabelCount);
    }

    public EvaluationSums Evaluate(IKernels kernels, PackedBatch batch, Activations activations)
    {
        Forward(kernels, batch, activations);
        var normed = FinalNorm(kernels, activations);
        for (var first = 0; first < batch.LabelCount; first += activations.Logits.Rows)
        {
            var logits = activations.Logits.Slice(0, Math.Min(activations.Logits.Rows, batch.LabelCount - first));
            kernels.Linear(normed.Slice(first, logits.Rows), weights.Head, logits);
            kernels.Score(logits, batch.Labels + first, activations.Losses + first, activations.Hits + first);
        }

        var correct = 0L;
        for (var i = 0; i < batch.LabelCount; i++)
        {
            correct += activations.Hits[i];
        }

        return new EvaluationSums(Sum(activations.Losses, batch.LabelCount), batch.LabelCount, correct);
    }

    private void Forward(IKernels kernels, PackedBatch batch, Activations activations)
    {
        kernels.Gather(weights.Embedding, batch.Tokens, activations.Layers[0].Input);
        for (var i = 0; i < config.Layers; i++)
        {
            var (layer, at) = (weights.Layers[i], activations.Layers[i]);
            kernels.RmsNorm(at.Input, layer.AttentionNorm, epsilon, activations.Scales, activations.Normed);
            kernels.Linear(activations.Normed, layer.Packed, at.Packed);
            Rotate(kernels, at.Packed, batch, back: false);
            kernels.Attention(shape, at.Packed, batch.Segments, at.Mixed, at.LogSums);
            var mixed = at.Mixed;
            if (IsLast(i))
            {
                mixed = activations.LabelledMixed;
                kernels.Gather(at.Mixed, batch.Labelled, mixed);
                kernels.Gather(at.Input, batch.Labelled, at.Middle);
            }
            else
            {
                kernels.Copy(at.Input, at.Middle);
            }

            kernels.Linear(mixed, layer.Output, at.Middle, add: true);
            var (normed, inner) = (activations.Normed.Slice(0, at.Middle.Rows), activations.Inner.Slice(0, at.Middle.Rows));
            kernels.RmsNorm(at.Middle, layer.FeedForwardNorm, epsilon, activations.Scales, normed);
            kernels.Linear(normed, layer.GateUp, at.GateUp);
            kernels.SwiGlu(at.GateUp, inner);
            var output = IsLast(i) ? activations.Final : activations.Layers[i + 1].Input;
            kernels.Copy(at.Middle, output);
            kernels.Linear(inner, layer.Down, output, add: true);
        }
    }

    private void HeadGradient(IKernels kernels, PackedBatch batch, Activations activations, LlamaBlock gradients, bool add, float scale)
    {
        var normed = FinalNorm(kernels, activations);
        var dNormed = activations.DNormed.Slice(0, batch.LabelCount);
        for (var first = 0; first < batch.LabelCount; first += activations.Logits.Rows)
        {
            var logits = activations.Logits.Slice(0, Math.Min(activations.Logits.Rows, batch.LabelCount - first));
            var chunk = normed.Slice(first, logits.Rows);
            kernels.Linear(chunk, weights.Head, logits);
            kernels.CrossEntropy(logits, batch.Labels + first, scale, activations.Losses + first);
            kernels.LinearInputGradient(logits, weights.Head, dNormed.Slice(first, logits.Rows));
            kernels.LinearWeightGradient(logits, chunk, gradients.Head, add || first > 0);
        }

        kernels.Clear(activations.DLabelledStream);
        kernels.RmsNormGradient(
            activations.Final, weights.FinalNorm, activations.Scales, dNormed, activations.DLabelledStream, gradients.FinalNorm);
    }

    private void LayerGradient(IKernels kernels, PackedBatch batch, Activations activations, LlamaBlock gradients, int index, bool add)
    {
        var (layer, gradient, at) = (weights.Layers[index], gradients.Layers[index], activations.Layers[index]);
        var last = IsLast(index);
        var dStream = last ? activations.DLabelledStream : activations.DStream;
        FeedForwardGradient(kernels, activations, layer, gradient, at, dStream, add);

        var (mixed, dMixed) = last ? (activations.LabelledMixed, activations.DLabelledMixed) : (at.Mixed, activations.DMixed);
        kernels.LinearInputGradient(dStream, layer.Output, dMixed);
        kernels.LinearWeightGradient(dStream, mixed, gradient.Output, add);
        if (last)
        {
            Spread(kernels, dMixed, batch, activations.DMixed);
            Spread(kernels, dStream, batch, activations.DStream);
        }

        kernels.AttentionGradient(shape, at.Packed, batch.Segments, at.Mixed, at.LogSums, activations.DMixed, activations.DPacked);
        Rotate(kernels, activations.DPacked, batch, back: true);
        kernels.RmsNorm(at.Input, layer.AttentionNorm, epsilon, activations.Scales, activations.Normed);
        kernels.LinearWeightGradient(activations.DPacked, activations.Normed, gradient.Packed, add);
        kernels.LinearInputGradient(activations.DPacked, layer.Packed, activations.DNormed);
        kernels.RmsNormGradient(
            at.Input, layer.AttentionNorm, activations.Scales, activations.DNormed, activations.DStream, gradient.AttentionNorm);
    }

    private void FeedForwardGradient(
        IKernels kernels, Activations activations, LlamaLayerBlock layer, LlamaLayerBlock gradient, Activations.Layer at, Matrix dStream, bool add)
    {
        var rows = at.Middle.Rows;
        var (inner, normed, dNormed) = (activations.Inner.Slice(0, rows), activations.Normed.Slice(0, rows), activations.DNormed.Slice(0, rows));
        kernels.LinearInputGradient(dStream, layer.Down, inner);
        kernels.SwiGluGradient(at.GateUp, inner);
        kernels.LinearWeightGradient(dStream, inner, gradient.Down, add);
        kernels.RmsNorm(at.Middle, layer.FeedForwardNorm, epsilon, activations.Scales, normed);
        kernels.LinearWeightGradient(at.GateUp, normed, gradient.GateUp, add);
        kernels.LinearInputGradient(at.GateUp, layer.GateUp, dNormed);
        kernels.RmsNormGradient(at.Middle, layer.FeedForwardNorm, activations.Scales, dNormed, dStream, gradient.FeedForwardNorm);
    }

    private Matrix FinalNorm(IKernels kernels, Activations activations)
    {
        var normed = activations.Normed.Slice(0, activations.Final.Rows);
        kernels.RmsNorm(activations.Final, weights.FinalNorm, epsilon, activations.Scales, normed);
        return normed;
    }

    /// <summary>Turns queries and keys, which lie side by side.</summary>
    private void Rotate(IKernels kernels, Matrix packed, PackedBatch batch, bool back)
    {
        var heads = packed.Narrow(0, (shape.Heads + shape.KeyValueHeads) * shape.HeadDimension);
        kernels.Rotate(heads, angles.Cosines, angles.Sines, batch.Positions, back);
    }

    /// <summary>What only ever is added to: products write their gradients the first time.</summary>
    private void ClearSums(IKernels kernels, LlamaBlock gradients)
    {
        if (!config.TieWordEmbeddings)
        {
            kernels.Clear(gradients.Embedding);
        }

        kernels.Clear(new Matrix(gradients.FinalNorm, 1, config.HiddenSize));
        foreach (var layer in gradients.Layers)
        {
            kernels.Clear(new Matrix(layer.AttentionNorm, 1, config.HiddenSize));
            kernels.Clear(new Matrix(layer.FeedForwardNorm, 1, config.HiddenSize));
        }
    }

    /// <summary>Puts rows with labels in their places, zeros elsewhere.</summary>
    private static void Spread(IKernels kernels, Matrix labelled, PackedBatch batch, Matrix all)
    {
        kernels.Clear(all);
        kernels.ScatterAdd(labelled, batch.Labelled, all);
    }

    private bool IsLast(int layer) => layer == config.Layers - 1;

    private static double Sum(float* losses, int count)
    {
        var sum = 0.0;
        for (var i = 0; i < count; i++)
        {
            sum += losses[i];
        }

        return sum;
    }
}
