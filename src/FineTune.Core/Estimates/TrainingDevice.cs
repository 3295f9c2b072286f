namespace FineTune.Core.Estimates;

/// <summary>What training runs on: its memory, and its speed at what a step is made of.</summary>
/// <param name="Name">For people.</param>
/// <param name="MemoryBytes">That a process may take.</param>
/// <param name="PeakFlops">Floating-point operations per second of its fastest matrix product: the denominator of MFU.</param>
/// <param name="ProductFlops">Of a model's products on average.</param>
/// <param name="AttentionFlops">Of causal attention, forward and backward, counting what is not masked.</param>
/// <param name="BytesPerSecond">Moved by kernels that compute little.</param>
/// <param name="WeightsPerSecond">Updated by the optimizer.</param>
/// <param name="Threads">Of the processor; small models take a gradient buffer for each.</param>
/// <param name="ProcessBytes">Taken before any of a model's: runtime and libraries.</param>
/// <param name="PacksProducts">Products copy their operands to memory of ours; else they are a library's, which wants bfloat16 widened.</param>
public sealed record TrainingDevice(
    string Name,
    long MemoryBytes,
    double PeakFlops,
    double ProductFlops,
    double AttentionFlops,
    double BytesPerSecond,
    double WeightsPerSecond,
    int Threads = 1,
    long ProcessBytes = 0,
    bool PacksProducts = false)
{
    /// <summary>Context and libraries of CUDA.</summary>
    private const long GpuProcessBytes = 1L << 30;

    /// <summary>A GPU of the price table. Its utilization, a share of the peak over whole steps, stands for everything that is no product.</summary>
    public static TrainingDevice Of(GpuPrice gpu)
    {
        var peak = gpu.PeakTflops * 1e12;
        return new TrainingDevice(
            gpu.Name,
            (long)gpu.MemoryGib << 30,
            peak,
            peak * gpu.Utilization,
            peak * gpu.Utilization,
            double.PositiveInfinity,
            double.PositiveInfinity,
            ProcessBytes: GpuProcessBytes);
    }
}
