using FineTune.Core.Models;

namespace FineTune.Core.Estimates;

/// <summary>How long an optimizer step takes: products, attention, what only moves memory, and the update, one after another.</summary>
public static class StepTime
{
    /// <summary>In seconds, of a step of full contexts.</summary>
    public static double Of(TrainingWork work, TrainingDevice device)
    {
        var rows = (double)work.ContextLength * work.Hyperparameters.BatchSize;
        return (rows * ProductOperations(work) / device.ProductFlops)
            + (rows * AttentionOperations(work) / device.AttentionFlops)
            + (rows * sizeof(float) * MovedValues(work) / device.BytesPerSecond)
            + Update(work, device);
    }

    /// <summary>Of a token: two operations a weight forward, two back to the lowest trained layer, two for each gradient.</summary>
    private static double ProductOperations(TrainingWork work)
    {
        var model = work.Shape;
        var head = (double)model.VocabSize * model.HiddenSize;
        var layer = (double)TrainingArithmetic.LayerProductWeights(model) / model.Layers;
        var reached = model.Layers - Math.Max(0, work.LowestTrainedLayer);
        var trained = work.Trained.Where(weight => weight.IsMatrix && weight.Name != LlamaWeights.Embedding).Sum(weight => (double)weight.Count)
            + (model.TieWordEmbeddings && work.LowestTrainedLayer < 0 ? head : 0);

        // The last layer is still there, and what follows the activation is not needed again.
        var again = work.RecomputesLayers ? Math.Max(0, reached - 1) * (layer - ((double)model.IntermediateSize * model.HiddenSize)) : 0;
        return 2 * ((model.Layers * layer) + head + (reached * layer) + head + trained + again);
    }

    /// <summary>Of a token: with a causal mask, two products forward and five back, each of half the context.</summary>
    private static double AttentionOperations(TrainingWork work)
    {
        var reached = work.Shape.Layers - Math.Max(0, work.LowestTrainedLayer);
        var forward = work.Shape.Layers + (work.RecomputesLayers ? Math.Max(0, reached - 1) : 0);
        return ((2.0 * forward) + (5.0 * reached)) * work.Shape.QueryWidth * work.ContextLength;
    }

    /// <summary>Values that norms, rotation, activation, sums and losses read and write for a token.</summary>
    private static double MovedValues(TrainingWork work)
    {
        var model = work.Shape;
        var turned = model.QueryWidth + model.KeyWidth;
        var forward = (8.0 * model.HiddenSize) + (3.0 * model.IntermediateSize) + (2.0 * turned);
        var backward = (12.0 * model.HiddenSize) + (6.0 * model.IntermediateSize) + (2.0 * turned);
        return (model.Layers * (forward + backward)) + (work.RecomputesLayers ? (model.Layers - 1) * forward : 0) + (4.0 * model.VocabSize);
    }

    /// <summary>The update, and where gradients are kept, their norm and their sums.</summary>
    private static double Update(TrainingWork work, TrainingDevice device)
    {
        var trained = (double)work.Trained.Sum(weight => weight.Count);
        var passes = Math.Ceiling((double)work.Hyperparameters.BatchSize / Math.Min(work.Hyperparameters.MicroBatchSize, work.Hyperparameters.BatchSize));
        var moved = work.KeepsGradients ? 1 + (2 * passes) : 0;
        return (trained / device.WeightsPerSecond) + (trained * sizeof(float) * moved / device.BytesPerSecond);
    }
}
