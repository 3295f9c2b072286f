using FineTune.Training.Kernels;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>
/// Llama's forward and backward pass over a packed batch, written out: pre-norm with RMSNorm, rotary embeddings, grouped-query
/// attention, SwiGLU (Touvron et al., "LLaMA", 2023). Norms and activations are computed again on the way back rather than kept.
/// Only rows with labels go through what follows the last attention, and their logits exist in chunks only.
/// </summary>
/// <param name="part">What of the model it is for; all of it unless given.</param>
internal sealed unsafe class LlamaPass(
    LlamaConfig config, LlamaParameters parameters, WeightBlock weights, RotaryAngles angles, LlamaStage? part = null)
{
    private readonly LlamaStage stage = part ?? LlamaStage.Whole(config);
    private readonly float epsilon = (float)config.RmsNormEpsilon;
    private readonly AttentionShape shape = new(config.AttentionHeads, config.KeyValueHeads, config.HeadDimension);

    private int LayerCount => stage.Layers;

    /// <summary>
    /// Gives the batch's gradients to <paramref name="gradients"/>; returns the sum of its losses. If that is not finite there are no
    /// gradients: no weight changes then.
    /// </summary>
    /// <param name="scale">Of the gradients: one over the step's trained tokens.</param>
    public double Train(IKernels kernels, PackedBatch batch, Activations activations, IGradientSink gradients, float scale)
    {
        Forward(kernels, batch, activations);
        var loss = HeadGradient(kernels, batch, activations, gradients, scale);
        if (double.IsFinite(loss))
        {
            Backward(kernels, batch, activations, gradients);
        }

        return loss;
    }

    /// <summary>Gradients of all layers and the embedding, from that of the residual stream behind them.</summary>
    public void Backward(IKernels kernels, PackedBatch batch, Activations activations, IGradientSink gradients)
    {
        for (var i = LayerCount - 1; i >= Math.Max(0, parameters.Trained.LowestLayer); i--)
        {
            if (activations.AreShared && !IsLast(i))
            {
                LayerForward(kernels, batch, activations, i);
            }

            LayerGradient(kernels, batch, activations, gradients, i);
        }

        if (stage.HasEmbedding && parameters.Trained.LowestLayer < 0)
        {
            EmbeddingGradient(kernels, batch, activations, gradients);
        }
    }

    public EvaluationSums Evaluate(IKernels kernels, PackedBatch batch, Activations activations)
    {
        Forward(kernels, batch, activations);
        return Score(kernels, batch, activations);
    }

    /// <summary>Behind <see cref="Forward"/>, where the head is.</summary>
    public EvaluationSums Score(IKernels kernels, PackedBatch batch, Activations activations)
    {
        var normed = FinalNorm(kernels, activations);
        for (var first = 0; first < batch.LabelCount; first += activations.Logits.Rows)
        {
            var logits = activations.Logits.Slice(0, Math.Min(activations.Logits.Rows, batch.LabelCount - first));
            kernels.Linear(normed.Slice(first, logits.Rows), weights.Matrix(parameters.Head), logits);
            kernels.Score(logits, batch.Labels + first, activations.Losses + first, activations.Hits + first);
        }

        var correct = 0L;
        for (var i = 0; i < batch.LabelCount; i++)
        {
            correct += activations.Hits[i];
        }

        return new EvaluationSums(Sum(activations.Losses, batch.LabelCount), batch.LabelCount, correct);
    }

    /// <summary>Up to the input of the final norm. A stage without the embedding begins with the input of its first layer.</summary>
    public void Forward(IKernels kernels, PackedBatch batch, Activations activations)
    {
        if (stage.HasEmbedding)
        {
            kernels.Embed(weights.Matrix(parameters.Embedding), batch.Tokens, activations.Layers[0].Input);
        }

        for (var i = 0; i < LayerCount; i++)
        {
            LayerForward(kernels, batch, activations, i);
            var (layer, at) = (parameters.Layers[i], activations.Layers[i]);
            var inner = activations.Inner.Slice(0, at.Middle.Rows);
            kernels.SwiGlu(at.GateUp, inner);
            var output = i == LayerCount - 1 ? activations.Final : activations.Layers[i + 1].Input;
            kernels.Copy(at.Middle, output);
            kernels.Linear(inner, weights.Matrix(layer.Down), output, add: true);
        }
    }

    /// <summary>What a layer's gradient needs, from its input.</summary>
    private void LayerForward(IKernels kernels, PackedBatch batch, Activations activations, int index)
    {
        var (layer, at) = (parameters.Layers[index], activations.Layers[index]);
        kernels.RmsNorm(at.Input, weights.Vector(layer.AttentionNorm), epsilon, activations.Scales, activations.Normed);
        kernels.Linear(activations.Normed, weights.Matrix(layer.Packed), at.Packed);
        Rotate(kernels, at.Packed, batch, back: false);
        kernels.Attention(shape, at.Packed, batch.Segments, at.Mixed, at.LogSums);
        var mixed = at.Mixed;
        if (IsLast(index))
        {
            mixed = activations.LabelledMixed;
            kernels.Gather(at.Mixed, batch.Labelled, mixed);
            kernels.Gather(at.Input, batch.Labelled, at.Middle);
        }
        else
        {
            kernels.Copy(at.Input, at.Middle);
        }

        kernels.Linear(mixed, weights.Matrix(layer.Output), at.Middle, add: true);
        var normed = activations.Normed.Slice(0, at.Middle.Rows);
        kernels.RmsNorm(at.Middle, weights.Vector(layer.FeedForwardNorm), epsilon, activations.Scales, normed);
        kernels.Linear(normed, weights.Matrix(layer.GateUp), at.GateUp);
    }

    /// <summary>Returns the sum of the losses; gives a complete gradient only after all of them are known to be finite.</summary>
    public double HeadGradient(IKernels kernels, PackedBatch batch, Activations activations, IGradientSink gradients, float scale)
    {
        var head = weights.Matrix(parameters.Head);
        var normed = FinalNorm(kernels, activations);
        var dNormed = activations.DNormed.Slice(0, batch.LabelCount);
        for (var first = 0; first < batch.LabelCount; first += activations.Logits.Rows)
        {
            var logits = activations.Logits.Slice(0, Math.Min(activations.Logits.Rows, batch.LabelCount - first));
            var chunk = normed.Slice(first, logits.Rows);
            kernels.Linear(chunk, head, logits);
            kernels.CrossEntropy(logits, batch.Labels + first, scale, activations.Losses + first);
            var complete = first + logits.Rows == batch.LabelCount;
            if (complete && !double.IsFinite(Sum(activations.Losses, batch.LabelCount)))
            {
                break;
            }

            kernels.LinearInputGradient(logits, head, dNormed.Slice(first, logits.Rows));
            if (!HeadWaits(batch, activations))
            {
                gradients.Product(kernels, parameters.Head, logits, chunk, complete && !parameters.IsTied);
            }
        }

        kernels.Clear(activations.DLabelledStream);
        NormGradient(kernels, activations, gradients, parameters.FinalNorm, activations.Final, dNormed, activations.DLabelledStream);
        return Sum(activations.Losses, batch.LabelCount);
    }

    private void EmbeddingGradient(IKernels kernels, PackedBatch batch, Activations activations, IGradientSink gradients)
    {
        if (HeadWaits(batch, activations))
        {
            gradients.ProductAndRows(
                kernels, parameters.Head, activations.Logits, activations.FinalNormed, batch.Tokens, activations.DStream);
        }
        else
        {
            gradients.Rows(kernels, parameters.Embedding, batch.Tokens, activations.DStream);
        }
    }

    /// <summary>Whether the head's gradient is made together with the embedding's, from logits that were kept.</summary>
    private bool HeadWaits(PackedBatch batch, Activations activations) =>
        parameters.IsTied && activations.Logits.Rows == batch.LabelCount;

    private void LayerGradient(IKernels kernels, PackedBatch batch, Activations activations, IGradientSink gradients, int index)
    {
        var (layer, at) = (parameters.Layers[index], activations.Layers[index]);
        var last = IsLast(index);
        var dStream = last ? activations.DLabelledStream : activations.DStream;
        FeedForwardGradient(kernels, activations, gradients, layer, at, dStream);

        var (mixed, dMixed) = last ? (activations.LabelledMixed, activations.DLabelledMixed) : (at.Mixed, activations.DMixed);
        kernels.LinearInputGradient(dStream, weights.Matrix(layer.Output), dMixed);
        gradients.Product(kernels, layer.Output, dStream, mixed, complete: true);
        if (last)
        {
            Spread(kernels, dMixed, batch, activations.DMixed);
            Spread(kernels, dStream, batch, activations.DStream);
        }

        kernels.AttentionGradient(shape, at.Packed, batch.Segments, at.Mixed, at.LogSums, activations.DMixed, activations.DPacked);
        Rotate(kernels, activations.DPacked, batch, back: true);
        kernels.RmsNorm(at.Input, weights.Vector(layer.AttentionNorm), epsilon, activations.Scales, activations.Normed);
        kernels.LinearInputGradient(activations.DPacked, weights.Matrix(layer.Packed), activations.DNormed);
        gradients.Product(kernels, layer.Packed, activations.DPacked, activations.Normed, complete: true);
        NormGradient(kernels, activations, gradients, layer.AttentionNorm, at.Input, activations.DNormed, activations.DStream);
    }

    private void FeedForwardGradient(
        IKernels kernels, Activations activations, IGradientSink gradients, LayerParameters layer, Activations.Layer at, Matrix dStream)
    {
        var rows = at.Middle.Rows;
        var (inner, normed, dNormed) = (activations.Inner.Slice(0, rows), activations.Normed.Slice(0, rows), activations.DNormed.Slice(0, rows));
        kernels.LinearInputGradient(dStream, weights.Matrix(layer.Down), inner);
        kernels.SwiGluGradient(at.GateUp, inner);
        gradients.Product(kernels, layer.Down, dStream, inner, complete: true);
        kernels.RmsNorm(at.Middle, weights.Vector(layer.FeedForwardNorm), epsilon, activations.Scales, normed);
        kernels.LinearInputGradient(at.GateUp, weights.Matrix(layer.GateUp), dNormed);
        gradients.Product(kernels, layer.GateUp, at.GateUp, normed, complete: true);
        NormGradient(kernels, activations, gradients, layer.FeedForwardNorm, at.Middle, dNormed, dStream);
    }

    /// <summary>Adds to <paramref name="dx"/>; the scales are those of the norm computed last.</summary>
    private void NormGradient(
        IKernels kernels, Activations activations, IGradientSink gradients, Parameter gain, Matrix x, Matrix dy, Matrix dx)
    {
        kernels.RmsNormGradient(x, weights.Vector(gain), activations.Scales, dy, dx, gradients.Vector(kernels, gain));
        gradients.Complete(kernels, gain);
    }

    private Matrix FinalNorm(IKernels kernels, Activations activations)
    {
        kernels.RmsNorm(activations.Final, weights.Vector(parameters.FinalNorm), epsilon, activations.Scales, activations.FinalNormed);
        return activations.FinalNormed;
    }

    /// <summary>Turns queries and keys, which lie side by side.</summary>
    private void Rotate(IKernels kernels, Matrix packed, PackedBatch batch, bool back)
    {
        var heads = packed.Narrow(0, (shape.Heads + shape.KeyValueHeads) * shape.HeadDimension);
        kernels.Rotate(heads, angles.Cosines, angles.Sines, batch.Positions, back);
    }

    /// <summary>Puts rows with labels in their places, zeros elsewhere.</summary>
    private static void Spread(IKernels kernels, Matrix labelled, PackedBatch batch, Matrix all)
    {
        kernels.Clear(all);
        kernels.ScatterAdd(labelled, batch.Labelled, 0, all);
    }

    /// <summary>Whether rows without label are left out behind a layer's attention.</summary>
    private bool IsLast(int layer) => stage.HasHead && layer == LayerCount - 1;

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
