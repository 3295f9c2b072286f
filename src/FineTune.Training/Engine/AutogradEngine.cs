using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Generation;
using FineTune.Training.Models;
using FineTune.Training.Native;
using FineTune.Training.Numerics;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace FineTune.Training.Engine;

/// <summary>The plain engine: libtorch's automatic differentiation. Faster engines are judged by its numbers.</summary>
public sealed class AutogradEngine : ITrainingEngine
{
    private readonly LlamaModel model;
    private readonly AdamW optimizer;

    private AutogradEngine(ModelFolder folder, string? optimizerDirectory, Hyperparameters hyperparameters)
    {
        StepsDone = optimizerDirectory is null ? 0 : TrainingState.Read(optimizerDirectory).Step;
        var trained = FrozenWeights.Trained(folder.Config.Shape, hyperparameters.Freeze);
        model = new LlamaModel(folder);
        try
        {
            foreach (var frozen in model.Shapes.ExceptBy(trained.Select(shape => shape.Name), shape => shape.Name))
            {
                model[frozen.Name].requires_grad = false;
            }

            optimizer = new AdamW(model, trained, hyperparameters, optimizerDirectory);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public LlamaConfig Config => model.Config;

    public Hyperparameters Hyperparameters => optimizer.Settings;

    public long StepsDone { get; private set; }

    /// <summary>The model in training.</summary>
    internal LlamaModel Model => model;

    /// <summary>Opens a model for training.</summary>
    /// <param name="modelDirectory">A Hugging Face folder; a checkpoint is one.</param>
    /// <param name="optimizerDirectory">A checkpoint to go on from; null starts a run at step 0.</param>
    /// <param name="hyperparameters">Of the run; a checkpoint's own are only a record.</param>
    public static AutogradEngine Open(string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters)
    {
        using var folder = ModelFolder.Open(modelDirectory);
        return new AutogradEngine(folder, optimizerDirectory, hyperparameters);
    }

    public StepResult Step(IReadOnlyList<MicroBatch> microBatches, double learningRate)
    {
        var tokens = microBatches.Sum(batch => (long)batch.TrainedCount);
        if (tokens == 0)
        {
            throw StepFaults.NoTrainedTokens(StepsDone + 1);
        }

        try
        {
            var loss = microBatches.Where(batch => batch.TrainedCount > 0).Sum(batch => Accumulate(batch, tokens)) / tokens;
            var norm = double.IsFinite(loss) ? optimizer.ClipGradients() : double.NaN;
            if (!double.IsFinite(norm))
            {
                throw StepFaults.NotFinite(StepsDone + 1, loss, norm);
            }

            optimizer.Step(StepsDone + 1, learningRate);
            StepsDone++;
            return new StepResult(loss, tokens, norm);
        }
        catch
        {
            optimizer.ForgetGradients();
            throw;
        }
    }

    public EvaluationSums Evaluate(MicroBatch batch)
    {
        var count = batch.TrainedCount;
        if (count == 0)
        {
            return new EvaluationSums(0, 0, 0);
        }

        using var scope = NewDisposeScope();
        using var withoutGradients = no_grad();
        var (logits, labels) = LabelledLogits(batch, count);
        var loss = F.cross_entropy(logits, labels, reduction: nn.Reduction.Sum);
        var correct = logits.argmax(1).eq(labels).sum();
        return new EvaluationSums(loss.item<float>(), count, correct.item<long>());
    }

    public IReadOnlyList<ArtifactContent> Checkpoint() =>
        TrainingCheckpoint.Contents(
        Config, model.ToWrite(), model.Companions, optimizer.Content(), new TrainingState(StepsDone, Hyperparameters, TorchRuntime.Start()));

    public ITokenDecoder OpenDecoder(int contextLength) => new LlamaDecoder(model, contextLength);

    public void Dispose()
    {
        optimizer.Dispose();
        model.Dispose();
    }

    /// <summary>Adds the gradient of the batch's share of the step's mean loss; returns the batch's loss sum.</summary>
    private double Accumulate(MicroBatch batch, long stepTokens)
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = LabelledLogits(batch, batch.TrainedCount);
        var sum = F.cross_entropy(logits, labels, reduction: nn.Reduction.Sum);
        (sum / (double)stepTokens).backward();
        return sum.item<float>();
    }

    // The output projection is the widest product: it is taken only where a label asks for it.
    private (Tensor Logits, Tensor Labels) LabelledLogits(MicroBatch batch, int count)
    {
        StepFaults.CheckRange(batch, Config.VocabSize);
        var inputs = tensor(batch.Inputs, [batch.Rows, batch.Length]);
        var rows = new int[count];
        var labels = new long[count];
        for (int i = 0, next = 0; i < batch.Labels.Length; i++)
        {
            if (batch.Labels[i] != MicroBatch.Ignored)
            {
                rows[next] = i;
                labels[next++] = batch.Labels[i];
            }
        }

        var hidden = model.Hidden(inputs).view(-1, Config.HiddenSize);
        return (model.Logits(Aten.Embedding(hidden, tensor(rows))), tensor(labels));
    }
}
