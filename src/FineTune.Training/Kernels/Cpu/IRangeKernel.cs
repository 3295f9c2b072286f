namespace FineTune.Training.Kernels.Cpu;

/// <summary>Work on items that are independent of each other. Implementations are plain values, so that starting them makes no garbage.</summary>
internal interface IRangeKernel
{
    /// <summary>Does items <paramref name="first"/> (inclusive) to <paramref name="end"/> (exclusive).</summary>
    /// <param name="slot">Number of the range; ranges that run at the same time have different ones.</param>
    void Run(int slot, long first, long end);
}
