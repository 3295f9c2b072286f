using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Generation;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>A model in training: weights and optimizer state. Implementations differ in speed, not in what they compute.</summary>
public interface ITrainingEngine : IDisposable
{
    LlamaConfig Config { get; }

    Hyperparameters Hyperparameters { get; }

    /// <summary>Optimizer steps done since the run began.</summary>
    long StepsDone { get; }

    /// <summary>Native memory it holds: weights, moments, gradients, activations, scratch. Null where it cannot tell.</summary>
    long? MemoryBytes => null;

    /// <summary>
    /// One AdamW step. The loss is the sum over all trained tokens of all micro-batches divided by their number, so splitting a batch
    /// does not change it.
    /// </summary>
    /// <exception cref="Core.Faults.FaultException"><c>loss_not_finite</c>, <c>no_trained_tokens</c>, or a batch the model cannot take;
    /// the weights are unchanged.</exception>
    StepResult Step(IReadOnlyList<MicroBatch> microBatches, double learningRate);

    /// <summary>Loss and accuracy on <paramref name="batch"/> without learning from it.</summary>
    EvaluationSums Evaluate(MicroBatch batch);

    /// <summary>
    /// The files of a checkpoint, made from the engine's own memory as they are read, so valid until the next step: a Hugging Face model
    /// folder (fp32), <c>optimizer.safetensors</c> and <c>training_state.json</c>. Going on from them is bit for bit as if training had
    /// not stopped.
    /// </summary>
    IReadOnlyList<ArtifactContent> Checkpoint();

    /// <summary>A view of the current weights that generates text; dispose it before the next step.</summary>
    ITokenDecoder OpenDecoder(int contextLength);
}

/// <param name="Loss">Mean over the step's trained tokens, in nats, before the update.</param>
/// <param name="GradientNorm">Global Euclidean norm before clipping.</param>
public sealed record StepResult(double Loss, long TrainedTokens, double GradientNorm);

/// <param name="LossSum">Sum of negative log-likelihoods, in nats.</param>
/// <param name="Correct">Tokens whose label had the highest score.</param>
public sealed record EvaluationSums(double LossSum, long Tokens, long Correct)
{
    public static EvaluationSums operator +(EvaluationSums left, EvaluationSums right) =>
        new(left.LossSum + right.LossSum, left.Tokens + right.Tokens, left.Correct + right.Correct);

    public static EvaluationSums Add(EvaluationSums left, EvaluationSums right) => left + right;
}
