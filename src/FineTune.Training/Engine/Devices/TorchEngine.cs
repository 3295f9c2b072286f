using FineTune.Core.Artifacts;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Generation;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Models;
using FineTune.Training.Numerics;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>
/// The engine for GPUs, and any other device of libtorch: the same pass as <see cref="CpuEngine"/> over <see cref="TorchKernels"/>. With several
/// devices each holds consecutive layers, and micro-batches follow one another through them.
/// </summary>
public sealed unsafe class TorchEngine : ITrainingEngine
{
    private readonly IReadOnlyDictionary<string, byte[]> companions;
    private readonly DeviceStage[] stages;
    private readonly Pipeline pipeline;
    private readonly List<PackedBatch> packed = [];
    private readonly List<PackedBatch> batches = [];
    private bool broken;

    private TorchEngine(
        ModelFolder folder, string? optimizerDirectory, Hyperparameters hyperparameters, IReadOnlyList<TorchDevice> devices, TorchMethods? methods)
    {
        TorchRuntime.Start();
        StepsDone = optimizerDirectory is null ? 0 : TrainingState.Read(optimizerDirectory).Step;
        (Config, Hyperparameters, companions) = (folder.Config, hyperparameters, folder.Companions);
        var parts = LayerPartition.Split(Config, devices.Count);
        stages = [.. parts.Select((part, i) => new DeviceStage(
            folder, devices[i], part, Pipeline.InFlight(i, parts.Count), hyperparameters, optimizerDirectory, methods))];
        pipeline = new Pipeline(stages);
    }

    public LlamaConfig Config { get; }

    public Hyperparameters Hyperparameters { get; }

    public long StepsDone { get; private set; }

    /// <summary>On all devices.</summary>
    public long? MemoryBytes => stages.Sum(stage => stage.Kernels.Memory.Bytes);

    internal IReadOnlyList<DeviceStage> Stages => stages;

    private DeviceStage Last => stages[^1];

    /// <summary>Embedding and head are one weight, trained, with a copy at both ends.</summary>
    private bool HasCopies =>
        Config.TieWordEmbeddings && stages.Length > 1 && stages[0].Parameters.Trained.RangesOf(stages[0].Parameters.Embedding).Count > 0;

    /// <summary>Opens a model for training; see <see cref="AutogradEngine.Open"/>.</summary>
    /// <param name="devices">At least one; those beyond the model's layers are not used.</param>
    public static TorchEngine Open(
        string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters, IReadOnlyList<TorchDevice> devices) =>
        Open(modelDirectory, optimizerDirectory, hyperparameters, devices, null);

    public StepResult Step(IReadOnlyList<MicroBatch> microBatches, double learningRate)
    {
        CheckUsable();
        var tokens = Pack(microBatches);
        if (tokens == 0)
        {
            throw StepFaults.NoTrainedTokens(StepsDone + 1);
        }

        // A gradient that is complete after one pass and need not be scaled by its norm is applied in that pass.
        var immediately = batches.Count == 1 && Hyperparameters.MaxGradNorm == 0 && !HasCopies;
        foreach (var stage in stages)
        {
            stage.Optimizer.BeginStep(StepsDone + 1, learningRate, gradientScale: 1);
            stage.BeginStep(immediately);
        }

        // Whatever ends the pass early leaves some weights a step ahead of the others.
        broken = immediately;
        pipeline.Run(batches, 1f / tokens);
        var loss = Last.Loss / tokens;
        var norm = immediately ? NormOfUpdates() : UpdateAtTheEnd(loss, learningRate);
        if (!double.IsFinite(norm))
        {
            throw StepFaults.NotFinite(StepsDone + 1, loss, norm);
        }

        StepsDone++;
        return new StepResult(loss, tokens, norm);
    }

    public EvaluationSums Evaluate(MicroBatch batch)
    {
        if (Pack([batch]) == 0)
        {
            return new EvaluationSums(0, 0, 0);
        }

        for (var i = 0; i < stages.Length; i++)
        {
            stages[i].Forward(0, batches[0], i > 0 ? stages[i - 1] : null);
        }

        return Last.Score(batches[0]);
    }

    public IReadOnlyList<ArtifactContent> Checkpoint()
    {
        CheckUsable();
        TensorToWrite[] moments = [.. Own(stages.SelectMany(stage => stage.Optimizer.ToWrite()))];
        var optimizer = OptimizerFile.Content(
            [.. moments.OrderBy(moment => moment.Name.StartsWith(OptimizerFile.Second, StringComparison.Ordinal) ? 1 : 0)]);
        return TrainingCheckpoint.Contents(
            Config, Weights(), companions, optimizer, new TrainingState(StepsDone, Hyperparameters, TorchRuntime.Start()));
    }

    /// <summary>On the processor, from a copy of the weights.</summary>
    public ITokenDecoder OpenDecoder(int contextLength)
    {
        var layout = new WeightLayout(Config);
        var sources = Weights().ToDictionary(weight => weight.Name, weight => weight.Source, StringComparer.Ordinal);
        var copy = new DeviceWeights(layout, Hyperparameters.Precision, null, shape => sources[shape.Name]);
        return new CpuDecoder(Config, new LlamaBlock(new LlamaParameters(layout), copy.Block), contextLength, copy);
    }

    public void Dispose()
    {
        Array.ForEach(stages, stage => stage.Dispose());
        packed.ForEach(batch => batch.Dispose());
    }

    /// <summary>With kernels that work in another way than <see cref="TorchMethods.For"/> says.</summary>
    internal static TorchEngine Open(
        string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters, IReadOnlyList<TorchDevice> devices, TorchMethods? methods)
    {
        using var folder = ModelFolder.Open(modelDirectory);
        return new TorchEngine(folder, optimizerDirectory, hyperparameters, devices, methods);
    }

    /// <summary>Gradient of the step's mean loss by weight, without the update.</summary>
    internal Dictionary<string, float[]> Gradients(IReadOnlyList<MicroBatch> microBatches)
    {
        var tokens = Pack(microBatches);
        Array.ForEach(stages, stage => stage.BeginStep(updateImmediately: false));
        pipeline.Run(batches, 1f / tokens);
        ShareGradients();
        var gradients = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var stage in stages)
        {
            foreach (var shape in stage.Parameters.Trained.Shapes)
            {
                var values = gradients[shape.Name] = new float[shape.Count];
                DeviceValues.Source(stage.Kernels.Memory, stage.Gradients.Data + stage.Parameters.Trained.StateOffsetOf(shape.Name))(0, values);
            }
        }

        return gradients;
    }

    /// <summary>The weights as they are when read, in the model's order.</summary>
    private IReadOnlyList<TensorToWrite> Weights() => [.. Own(stages.SelectMany(stage => stage.Weights.ToWrite()))];

    /// <summary>Without copies.</summary>
    private static IEnumerable<TensorToWrite> Own(IEnumerable<TensorToWrite> tensors) => tensors.DistinctBy(tensor => tensor.Name);

    private double NormOfUpdates()
    {
        var square = 0.0;
        foreach (var stage in stages)
        {
            square += stage.Immediate!.SquaredNorm;
        }

        // Where the loss is not finite, nothing is.
        var hasUpdated = Array.Exists(stages, stage => stage.Immediate!.HasUpdated);
        broken = hasUpdated && !double.IsFinite(square);
        return hasUpdated ? Math.Sqrt(square) : double.NaN;
    }

    private double UpdateAtTheEnd(double loss, double learningRate)
    {
        if (!double.IsFinite(loss))
        {
            return double.NaN;
        }

        ShareGradients();
        var square = 0.0;
        foreach (var stage in stages)
        {
            square += stage.SquaredNorm(exceptHead: HasCopies && stage == Last);
        }

        var norm = Math.Sqrt(square);
        if (double.IsFinite(norm))
        {
            var limit = Hyperparameters.MaxGradNorm;
            foreach (var stage in stages)
            {
                stage.Optimizer.BeginStep(StepsDone + 1, learningRate, limit > 0 && norm > limit ? limit / norm : 1);
                stage.Apply();
            }
        }

        return norm;
    }

    /// <summary>Gives both copies of a tied embedding the sum of their gradients: equal updates keep them equal.</summary>
    private void ShareGradients()
    {
        if (HasCopies)
        {
            stages[0].Share(stages[0].Parameters.Embedding, Last, Last.Parameters.Head);
        }
    }

    /// <summary>Packs what is trained of each micro-batch; returns the trained tokens.</summary>
    private long Pack(IReadOnlyList<MicroBatch> microBatches)
    {
        var tokens = 0L;
        batches.Clear();
        for (var i = 0; i < microBatches.Count; i++)
        {
            StepFaults.CheckRange(microBatches[i], Config.VocabSize);
            if (packed.Count == i)
            {
                packed.Add(new PackedBatch());
            }

            packed[i].Pack(microBatches[i]);
            if (packed[i].LabelCount > 0)
            {
                batches.Add(packed[i]);
                tokens += packed[i].LabelCount;
            }
        }

        return tokens;
    }

    private void CheckUsable()
    {
        if (broken)
        {
            throw new InvalidOperationException("The step before ended in the middle of its update. Go on from a checkpoint.");
        }
    }
}
