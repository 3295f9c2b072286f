using System.Diagnostics;
using FineTune.Core.Estimates;
using FineTune.Core.Runs;
using FineTune.Training.Engine;
using FineTune.Training.Kernels;
using FineTune.Training.Kernels.Cpu;
using FineTune.Training.Kernels.Cpu.Products;
using FineTune.Training.Numerics;

namespace FineTune.Training.Planning;

/// <summary>Measures in about a second what this machine does with the kernels of a model, before the model is loaded.</summary>
public static class DeviceCalibration
{
    /// <summary>Larger products are no faster.</summary>
    private const int MaxRows = 512;
    private const int MaxOutputs = 4096;
    private const int MaxContext = 1024;

    /// <summary>What the runtime takes beyond what it has by now: code it compiles, and its heap.</summary>
    private const long RuntimeBytes = 34L << 20;

    /// <summary>Context and libraries of CUDA.</summary>
    private const long GpuProcessBytes = 1L << 30;

    /// <summary>Enough for a kernel to do all that it does.</summary>
    private const int Few = 64;

    /// <summary>This machine as a device that trains <paramref name="work"/>.</summary>
    /// <param name="memoryBytes">That the process may take.</param>
    public static TrainingDevice Measure(TrainingWork work, long memoryBytes) =>
        Measure(work, memoryBytes, () => Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);

    /// <param name="clock">Seconds since any moment.</param>
    internal static TrainingDevice Measure(TrainingWork work, long memoryBytes, Func<double> clock)
    {
        var numerics = TorchRuntime.Start();
        var rates = CpuEngine.IsSupported ? Rates(work, numerics.Threads, clock) : Unknown;
        return new TrainingDevice(
            $"this machine ({numerics.Threads} threads)",
            memoryBytes,
            rates.Peak,
            rates.Products,
            rates.Attention,
            rates.Bytes,
            rates.Weights,
            numerics.Threads,
            Environment.WorkingSet + RuntimeBytes,
            PackedProduct.IsPreferred);
    }

    /// <summary>GPUs, whose memory counts but whose speed is not measured.</summary>
    public static TrainingDevice Gpus(DeviceChoice devices, long memoryBytes) => new(
        devices.Name, memoryBytes, Unknown.Peak, Unknown.Products, Unknown.Attention, Unknown.Bytes, Unknown.Weights, ProcessBytes: GpuProcessBytes * devices.Devices.Count);

    private static (double Peak, double Products, double Attention, double Bytes, double Weights) Unknown =>
        (double.NaN, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity);

    private static (double Peak, double Products, double Attention, double Bytes, double Weights) Rates(
        TrainingWork work, int threads, Func<double> clock)
    {
        using var kernels = new CpuKernels(threads);
        var speed = new KernelSpeed(kernels, clock);
        var model = work.Shape;
        var rows = (int)Math.Min(work.Rows, MaxRows);
        var attention = new AttentionShape(model.AttentionHeads, model.KeyValueHeads, model.HeadDimension);
        var isHalf = work.Hyperparameters.Precision != TrainingPrecision.Fp32;
        var settings = work.Hyperparameters;

        // Loops run at full speed only once the runtime has compiled them a second time, in the background, after some dozens of calls.
        speed.Attention(attention, Few);
        speed.Elementwise(Few, Few);
        speed.Update(settings, Few * Few);
        (int Outputs, int Inputs, int Count)[] matrices =
        [
            (attention.PackedWidth, model.HiddenSize, model.Layers),
            (model.HiddenSize, attention.QueryWidth, model.Layers),
            (2 * model.IntermediateSize, model.HiddenSize, model.Layers),
            (model.HiddenSize, model.IntermediateSize, model.Layers),
            (model.VocabSize, model.HiddenSize, 1),
        ];
        var (operations, seconds, peak) = (0.0, 0.0, 0.0);
        foreach (var (outputs, inputs, count) in matrices)
        {
            var measured = speed.Product(rows, Math.Min(outputs, MaxOutputs), inputs, isHalf);
            operations += (double)count * outputs * inputs;
            seconds += (double)count * outputs * inputs / measured.Mean;
            peak = Math.Max(peak, measured.Best);
        }

        return (
            peak,
            operations / seconds,
            speed.Attention(attention, Math.Min(work.ContextLength, MaxContext)),
            speed.Elementwise(rows, model.IntermediateSize),
            speed.Update(settings, KernelSpeed.ManyValues));
    }
}
