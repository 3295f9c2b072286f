using FineTune.Core.Training;
using FineTune.Training.Engine;

namespace FineTune.Training.Loop;

/// <param name="Loss">Mean negative log-likelihood per trained token, in nats.</param>
/// <param name="TokenAccuracy">Share of trained tokens that had the highest score.</param>
public sealed record Evaluation(double Loss, double TokenAccuracy, long Tokens)
{
    public double Perplexity => Math.Exp(Loss);
}

/// <summary>Measures a model on held-out data.</summary>
public static class Evaluator
{
    /// <summary>Mean over all trained tokens of <paramref name="source"/>, whatever <paramref name="batchSize"/>.</summary>
    public static Evaluation Run(ITrainingEngine engine, ISequenceSource source, int batchSize, CancellationToken cancellation = default)
    {
        var sums = new EvaluationSums(0, 0, 0);
        for (var first = 0L; first < source.Count; first += batchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = (int)Math.Min(batchSize, source.Count - first);
            var start = first;
            TokenSequence[] batch = [.. Enumerable.Range(0, count).Select(offset => source.Read(start + offset))];
            sums += engine.Evaluate(MicroBatch.Pad(batch));
        }

        return new Evaluation(sums.LossSum / sums.Tokens, sums.Correct / (double)sums.Tokens, sums.Tokens);
    }
}
