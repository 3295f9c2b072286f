using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Generation;
using FineTune.Training.Kernels;
using FineTune.Training.Models;
using FineTune.Training.Native;
using FineTune.Training.Numerics;
using static TorchSharp.torch;

namespace FineTune.Training.Engine;

/// <summary>
/// The engine for processors: forward and backward pass written by hand on <see cref="IKernels"/>, memory allocated once, no padding.
/// Small models do not fill the cores operation by operation, so each thread takes some of the sequences through the whole model and the
/// gradients are added up; large ones are trained one operation after another by all threads. Which way depends on model, batch and
/// number of threads alone, so equal settings give equal bits.
/// </summary>
public sealed unsafe class CpuEngine : ITrainingEngine
{
    /// <summary>Up to this many weights each thread has gradients of its own.</summary>
    internal const long ShardedWeights = 8_000_000;

    private readonly WeightLayout layout;
    private readonly Tensor weights;
    private readonly LlamaModel model;
    private readonly RotaryAngles angles;
    private readonly LlamaBlock block;
    private readonly Shards shards;
    private readonly BlockAdamW optimizer;
    private readonly Action<Shard, IKernels> train;
    private readonly Action<Shard, IKernels> evaluate;
    private float scale;

    private CpuEngine(ModelFolder folder, string? optimizerDirectory, Hyperparameters hyperparameters, long shardedWeights)
    {
        var threads = TorchRuntime.Start().Threads;
        StepsDone = optimizerDirectory is null ? 0 : TrainingState.Read(optimizerDirectory).Step;
        layout = new WeightLayout(folder.Config);
        optimizer = new BlockAdamW(layout, hyperparameters, optimizerDirectory);
        weights = zeros(layout.Count, float32).DetachFromDisposeScope();
        model = new LlamaModel(folder, shape => weights.narrow(0, layout[shape.Name], shape.Count).view([.. shape.Shape]));
        angles = new RotaryAngles(Config);
        shards = new Shards(layout, angles, threads, layout.Count <= shardedWeights ? threads : 1);
        block = new LlamaBlock(layout, Aten.Data(weights));
        var pass = new LlamaPass(Config, block, angles);
        train = (shard, kernels) => shard.Train(pass, kernels, scale);
        evaluate = (shard, kernels) => shard.Evaluate(pass, kernels);
    }

    /// <summary>Whether this machine's libtorch has what the engine is made of: MKL's products (x86-64) under their own names.</summary>
    public static bool IsSupported
    {
        get
        {
            TorchRuntime.Start();
            return Vector256.IsHardwareAccelerated
                && NativeLibrary.TryLoad("torch_cpu", typeof(CpuEngine).Assembly, DllImportSearchPath.SafeDirectories, out var torch)
                && NativeLibrary.TryGetExport(torch, "sgemm", out _)
                && NativeLibrary.TryGetExport(torch, "torch_parallel_for", out _);
        }
    }

    public LlamaConfig Config => layout.Config;

    public Hyperparameters Hyperparameters => optimizer.Settings;

    public long StepsDone { get; private set; }

    /// <summary>The model in training; its tensors are views of the engine's memory.</summary>
    internal LlamaModel Model => model;

    /// <summary>Opens a model for training; see <see cref="AutogradEngine.Open"/>.</summary>
    public static CpuEngine Open(string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters) =>
        Open(modelDirectory, optimizerDirectory, hyperparameters, ShardedWeights);

    public StepResult Step(IReadOnlyList<MicroBatch> microBatches, double learningRate)
    {
        var (loss, tokens) = Accumulate(microBatches);
        var (gradients, square) = double.IsFinite(loss) ? shards.SumGradients() : (null, double.NaN);
        var norm = Math.Sqrt(square);
        if (gradients is null || !double.IsFinite(norm))
        {
            throw StepFaults.NotFinite(StepsDone + 1, loss, norm);
        }

        optimizer.Step(shards.Kernels, Aten.Data(weights), gradients.Data, StepsDone + 1, learningRate, norm);
        StepsDone++;
        return new StepResult(loss, tokens, norm);
    }

    public EvaluationSums Evaluate(MicroBatch batch)
    {
        StepFaults.CheckRange(batch, Config.VocabSize);
        shards.Run(batch, evaluate);
        return shards.Evaluation;
    }

    public void Save(string directory) => TrainingCheckpoint.Write(
        directory, model, optimizer.Save, new TrainingState(StepsDone, Hyperparameters, TorchRuntime.Start()));

    public ITokenDecoder OpenDecoder(int contextLength) => new CpuDecoder(Config, block, contextLength);

    public void Dispose()
    {
        model.Dispose();
        weights.Dispose();
        angles.Dispose();
        shards.Dispose();
        optimizer.Dispose();
    }

    /// <summary>With another limit than <see cref="ShardedWeights"/>.</summary>
    internal static CpuEngine Open(string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters, long shardedWeights)
    {
        using var folder = ModelFolder.Open(modelDirectory);
        return new CpuEngine(folder, optimizerDirectory, hyperparameters, shardedWeights);
    }

    /// <summary>Gradient of the step's mean loss by weight, without the update.</summary>
    internal Dictionary<string, float[]> Gradients(IReadOnlyList<MicroBatch> microBatches)
    {
        Accumulate(microBatches);
        var block = shards.SumGradients().Gradients;
        return layout.Shapes.ToDictionary(
            shape => shape.Name, shape => new ReadOnlySpan<float>(block.Data + layout[shape.Name], (int)shape.Count).ToArray());
    }

    private (double Loss, long Tokens) Accumulate(IReadOnlyList<MicroBatch> microBatches)
    {
        var tokens = 0L;
        foreach (var batch in microBatches)
        {
            tokens += batch.TrainedCount;
            StepFaults.CheckRange(batch, Config.VocabSize);
        }

        if (tokens == 0)
        {
            throw StepFaults.NoTrainedTokens(StepsDone + 1);
        }

        scale = 1f / tokens;
        shards.BeginStep();
        foreach (var batch in microBatches)
        {
            shards.Run(batch, train);
        }

        return (shards.Loss / tokens, tokens);
    }
}
