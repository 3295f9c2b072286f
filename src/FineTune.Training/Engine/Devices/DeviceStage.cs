using FineTune.Core.Runs;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>A stage of a model on its device, with everything of its own: weights, optimizer, kernels, and activations of micro-batches in flight.</summary>
internal sealed unsafe class DeviceStage : IDisposable
{
    private readonly TorchMemory memory;
    private readonly RotaryAngles angles;
    private readonly LlamaPass pass;
    private readonly ImmediateUpdate immediate;
    private readonly TrainedGradients? trained;
    private readonly Activations[] slots;

    /// <param name="inFlight">Micro-batches whose activations are kept at once.</param>
    public DeviceStage(
        ModelFolder folder, TorchDevice device, LlamaStage stage, int inFlight, Hyperparameters hyperparameters, string? optimizerDirectory, TorchMethods? methods)
    {
        Layout = new WeightLayout(folder.Config, stage);
        memory = new TorchMemory(device);
        Kernels = new TorchKernels(memory, methods ?? TorchMethods.For(device, hyperparameters.Precision));
        Parameters = new LlamaParameters(Layout, hyperparameters.Freeze);
        Weights = new DeviceWeights(
            Layout, hyperparameters.Precision, memory, shape => (first, destination) => folder.Weights.Read(shape.Name, first, destination));
        Optimizer = hyperparameters is { Precision: TrainingPrecision.Fp32, Optimizer: OptimizerKind.Adamw }
            ? new AdamWOptimizer(Parameters.Trained, Weights.Block, hyperparameters, optimizerDirectory, memory)
            : new CompactOptimizer(Layout, Parameters, Weights.Block, hyperparameters, optimizerDirectory, memory);
        Gradients = new GradientBuffer(Parameters, memory);
        trained = Parameters.Trained.IsAll ? null : new TrainedGradients(Parameters.Trained, memory);
        immediate = new ImmediateUpdate(Parameters, Optimizer, memory);
        angles = new RotaryAngles(folder.Config, memory);
        pass = new LlamaPass(folder.Config, Parameters, Weights.Block, angles, stage);
        slots = [.. Enumerable.Range(0, inFlight).Select(_ => new Activations(folder.Config, hyperparameters.CheckpointLayers == true, memory, stage))];
    }

    public WeightLayout Layout { get; }

    public LlamaParameters Parameters { get; }

    public TorchKernels Kernels { get; }

    public DeviceWeights Weights { get; }

    public IOptimizer Optimizer { get; }

    public GradientBuffer Gradients { get; }

    public int InFlight => slots.Length;

    /// <summary>Gradients of this step are applied as they are made.</summary>
    public ImmediateUpdate? Immediate { get; private set; }

    /// <summary>Sum of the losses of this step, where the head is.</summary>
    public double Loss { get; private set; }

    private IGradientSink Sink
    {
        get
        {
            IGradientSink sink = Immediate is null ? Gradients : Immediate;
            return trained?.Before(sink) ?? sink;
        }
    }

    public void BeginStep(bool updateImmediately)
    {
        Loss = 0;
        Immediate = updateImmediately ? immediate : null;
        if (updateImmediately)
        {
            immediate.BeginStep();
        }
        else
        {
            Gradients.BeginStep();
        }
    }

    /// <summary>Takes micro-batch <paramref name="number"/> from the stage before through the layers.</summary>
    public void Forward(int number, PackedBatch batch, DeviceStage? before)
    {
        var at = Slot(number);
        at.Reserve(batch);
        angles.Reserve(batch.Longest);
        if (before is not null)
        {
            TorchTransfer.Copy(before.Kernels.Memory, before.Slot(number).Final, memory, at.Layers[0].Input);
        }

        pass.Forward(Kernels, batch, at);
    }

    /// <summary>Behind <see cref="Forward"/> of the last stage: loss and gradient up to the last layer. Returns whether the loss is finite.</summary>
    /// <param name="scale">Of the gradients.</param>
    public bool Head(int number, PackedBatch batch, float scale)
    {
        Loss += pass.HeadGradient(Kernels, batch, Slot(number), Sink, scale);
        return double.IsFinite(Loss);
    }

    /// <summary>Fetches what <see cref="Backward"/> begins with from the stage behind.</summary>
    public void TakeGradient(int number, DeviceStage behind) =>
        TorchTransfer.Copy(behind.Kernels.Memory, behind.Slot(number).DStream, memory, Slot(number).DStream);

    public void Backward(int number, PackedBatch batch) => pass.Backward(Kernels, batch, Slot(number), Sink);

    public EvaluationSums Score(PackedBatch batch) => pass.Score(Kernels, batch, Slot(0));

    /// <summary>Of <see cref="Gradients"/>.</summary>
    /// <param name="exceptHead">That counts elsewhere.</param>
    public double SquaredNorm(bool exceptHead)
    {
        var (first, square) = (0L, 0.0);
        if (exceptHead)
        {
            var head = Trained(Parameters.Head);
            square = SquaredNorm(0, head.StateOffset);
            first = head.StateOffset + head.Count;
        }

        return square + SquaredNorm(first, Parameters.Trained.StateCount - first);
    }

    /// <summary>Adds the gradient of a weight that <paramref name="other"/> has a copy of to its own and gives it the sum.</summary>
    public void Share(Parameter own, DeviceStage other, Parameter copy)
    {
        var (sum, theirs) = (Gradient(own), other.Gradient(copy));
        var scratch = Kernels.Scratch(theirs.Rows, theirs.Columns);
        TorchTransfer.Copy(other.memory, theirs, memory, scratch);
        Kernels.Add(scratch, sum);
        TorchTransfer.Copy(memory, sum, other.memory, theirs);
    }

    public void Apply()
    {
        foreach (var range in Parameters.Trained.Ranges)
        {
            Optimizer.Apply(Kernels, range, 0, range.Count, Gradients.Data + range.StateOffset);
        }
    }

    public void Dispose()
    {
        Array.ForEach(slots, slot => slot.Dispose());
        angles.Dispose();
        immediate.Dispose();
        trained?.Dispose();
        Gradients.Dispose();
        Optimizer.Dispose();
        Weights.Dispose();
        Kernels.Dispose();
    }

    /// <summary>A weight that is trained as a whole.</summary>
    private Parameter Trained(Parameter parameter) => Parameters.Trained.RangesOf(parameter)[0].Rows;

    private Matrix Gradient(Parameter parameter) => new(Gradients.Data + Trained(parameter).StateOffset, parameter.Rows, parameter.Columns);

    private double SquaredNorm(long first, long count)
    {
        var data = Gradients.Data + first;
        return count > 0 ? Kernels.SumGradients(&data, 1, count) : 0;
    }

    private Activations Slot(int number) => slots[number % slots.Length];
}
