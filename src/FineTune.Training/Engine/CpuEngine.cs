using System.Runtime.InteropServices;
using FineTune.Core.Artifacts;
using FineTune.Core.Estimates;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Generation;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu.Products;
using FineTune.Training.Models;
using FineTune.Training.Numerics;

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
    internal const long ShardedWeights = TrainingMemory.ShardedWeights;

    private readonly WeightLayout layout;
    private readonly IModelWeights weights;
    private readonly IReadOnlyDictionary<string, byte[]> companions;
    private readonly RotaryAngles angles;
    private readonly WeightBlock block;
    private readonly Shards shards;
    private readonly LlamaParameters parameters;
    private readonly IOptimizer optimizer;
    private readonly ImmediateUpdate immediate;
    private readonly Action<Shard, IKernels> train;
    private readonly Action<Shard, IKernels> evaluate;
    private float scale;
    private IGradientSink? sink;
    private bool broken;

    private CpuEngine(ModelFolder folder, string? optimizerDirectory, Hyperparameters hyperparameters, long shardedWeights)
    {
        var threads = TorchRuntime.Start().Threads;
        StepsDone = optimizerDirectory is null ? 0 : TrainingState.Read(optimizerDirectory).Step;
        layout = new WeightLayout(folder.Config);
        parameters = new LlamaParameters(layout, hyperparameters.Freeze);
        companions = folder.Companions;
        weights = hyperparameters.Precision == TrainingPrecision.Fp32 ? new SingleWeights(folder, layout) : new HalfWeights(folder, layout);
        angles = new RotaryAngles(Config);
        shards = new Shards(
            layout, parameters, angles, threads, layout.Count <= shardedWeights ? threads : 1, hyperparameters.CheckpointLayers == true);
        block = weights.Block;
        optimizer = hyperparameters is { Precision: TrainingPrecision.Fp32, Optimizer: OptimizerKind.Adamw }
            ? new AdamWOptimizer(parameters.Trained, block, hyperparameters, optimizerDirectory)
            : new CompactOptimizer(layout, parameters, block, hyperparameters, optimizerDirectory);
        immediate = new ImmediateUpdate(parameters, optimizer);
        var pass = new LlamaPass(Config, parameters, block, angles);
        train = (shard, kernels) => shard.Train(pass, kernels, sink, scale);
        evaluate = (shard, kernels) => shard.Evaluate(pass, kernels);
    }

    /// <summary>Whether this machine and its libtorch have what the engine is made of: AVX2 and FMA, and MKL's products under their own names.</summary>
    public static bool IsSupported
    {
        get
        {
            TorchRuntime.Start();
            return MicroKernel.IsSupported
                && NativeLibrary.TryLoad("torch_cpu", typeof(CpuEngine).Assembly, DllImportSearchPath.SafeDirectories, out var torch)
                && NativeLibrary.TryGetExport(torch, "sgemm", out _)
                && NativeLibrary.TryGetExport(torch, "torch_parallel_for", out _);
        }
    }

    public LlamaConfig Config => layout.Config;

    public Hyperparameters Hyperparameters => optimizer.Settings;

    public long StepsDone { get; private set; }

    public long? MemoryBytes => weights.Bytes + optimizer.Bytes + shards.Bytes + immediate.Bytes + angles.Bytes;

    /// <summary>The model in training, in single precision; its tensors are views of the engine's memory.</summary>
    internal LlamaModel Model => ((SingleWeights)weights).Model;

    /// <summary>Opens a model for training; see <see cref="AutogradEngine.Open"/>.</summary>
    public static CpuEngine Open(string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters) =>
        Open(modelDirectory, optimizerDirectory, hyperparameters, ShardedWeights);

    public StepResult Step(IReadOnlyList<MicroBatch> microBatches, double learningRate)
    {
        CheckUsable();
        var tokens = CheckBatches(microBatches);
        var (loss, norm) = UpdatesImmediately(microBatches)
            ? StepAtOnce(microBatches, tokens, learningRate)
            : StepAtTheEnd(microBatches, tokens, learningRate);
        StepsDone++;
        return new StepResult(loss, tokens, norm);
    }

    public EvaluationSums Evaluate(MicroBatch batch)
    {
        StepFaults.CheckRange(batch, Config.VocabSize);
        shards.Run(batch, evaluate);
        return shards.Evaluation;
    }

    public IReadOnlyList<ArtifactContent> Checkpoint()
    {
        CheckUsable();
        return TrainingCheckpoint.Contents(
            Config, weights.ToWrite(), companions, OptimizerFile.Content(optimizer.ToWrite()), new TrainingState(StepsDone, Hyperparameters, TorchRuntime.Start()));
    }

    public ITokenDecoder OpenDecoder(int contextLength) => new CpuDecoder(Config, new LlamaBlock(parameters, block), contextLength);

    public void Dispose()
    {
        weights.Dispose();
        angles.Dispose();
        shards.Dispose();
        immediate.Dispose();
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
        sink = null;
        Train(microBatches, CheckBatches(microBatches));
        var sum = shards.SumGradients().Gradients;
        return parameters.Trained.Shapes.ToDictionary(
            shape => shape.Name, shape => new ReadOnlySpan<float>(sum.Data + parameters.Trained.StateOffsetOf(shape.Name), (int)shape.Count).ToArray());
    }

    /// <summary>A gradient that is complete after one pass and need not be scaled by its norm is applied in that pass.</summary>
    private bool UpdatesImmediately(IReadOnlyList<MicroBatch> microBatches) =>
        microBatches.Count == 1 && Hyperparameters.MaxGradNorm == 0 && shards.Count == 1;

    private (double Loss, double Norm) StepAtOnce(IReadOnlyList<MicroBatch> microBatches, long tokens, double learningRate)
    {
        optimizer.BeginStep(StepsDone + 1, learningRate, gradientScale: 1);
        immediate.BeginStep();
        sink = immediate;

        // Whatever ends the pass early leaves some weights a step ahead of the others.
        broken = true;
        var loss = Train(microBatches, tokens);
        var norm = immediate.HasUpdated ? Math.Sqrt(immediate.SquaredNorm) : double.NaN;
        broken = immediate.HasUpdated && !double.IsFinite(norm);
        return double.IsFinite(norm) ? (loss, norm) : throw StepFaults.NotFinite(StepsDone + 1, loss, norm);
    }

    private (double Loss, double Norm) StepAtTheEnd(IReadOnlyList<MicroBatch> microBatches, long tokens, double learningRate)
    {
        sink = null;
        var loss = Train(microBatches, tokens);
        var (gradients, square) = double.IsFinite(loss) ? shards.SumGradients() : (null, double.NaN);
        var norm = Math.Sqrt(square);
        if (gradients is null || !double.IsFinite(norm))
        {
            throw StepFaults.NotFinite(StepsDone + 1, loss, norm);
        }

        var limit = Hyperparameters.MaxGradNorm;
        optimizer.BeginStep(StepsDone + 1, learningRate, limit > 0 && norm > limit ? limit / norm : 1);
        foreach (var parameter in parameters.Trained.Ranges)
        {
            optimizer.Apply(shards.Kernels, parameter, 0, parameter.Count, gradients.Data + parameter.StateOffset);
        }

        return (loss, norm);
    }

    /// <summary>Mean loss of the step's trained tokens; the gradients go where <see cref="sink"/> says.</summary>
    private double Train(IReadOnlyList<MicroBatch> microBatches, long tokens)
    {
        scale = 1f / tokens;
        shards.BeginStep();
        foreach (var batch in microBatches)
        {
            shards.Run(batch, train);
        }

        return shards.Loss / tokens;
    }

    private long CheckBatches(IReadOnlyList<MicroBatch> microBatches)
    {
        var tokens = 0L;
        foreach (var batch in microBatches)
        {
            tokens += batch.TrainedCount;
            StepFaults.CheckRange(batch, Config.VocabSize);
        }

        return tokens > 0 ? tokens : throw StepFaults.NoTrainedTokens(StepsDone + 1);
    }

    private void CheckUsable()
    {
        if (broken)
        {
            throw new InvalidOperationException("The step before ended in the middle of its update. Go on from a checkpoint.");
        }
    }
}
