using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Kernels.Torch;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

/// <summary>Runs while no other test does: it looks at the whole process.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
[Collection(nameof(LeakTests))]
public sealed class LeakTests : IDisposable
{
    /// <summary>A step's activations are 2 MB here.</summary>
    private const long AllowedGrowth = 16_000_000;

    private static readonly LlamaConfig Config = TestModels.TinyLlama3 with { HiddenSize = 64, IntermediateSize = 160, VocabSize = 600 };

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, CpuEngine.ShardedWeights)]
    public void Step_OnProcessors_LeavesNeitherGarbageNorMemoryBehind(double maxGradNorm, long shardedWeights)
    {
        using var engine = CpuEngine.Open(
            TestModels.Write(Config, folder["model"]), null, TestModels.Hyperparameters(maxGradNorm: maxGradNorm), shardedWeights);
        AssertNothingStays(engine, settling: 50, steps: 200, garbagePerStep: 1000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Step_OnDevices_LeavesNeitherGarbageNorMemoryBehind(double maxGradNorm)
    {
        using var engine = TorchEngine.Open(
            TestModels.Write(Config, folder["model"]), null, TestModels.Hyperparameters(maxGradNorm: maxGradNorm), [TorchDevice.Cpu]);
        AssertNothingStays(engine, settling: 20, steps: 100, garbagePerStep: 2000);
    }

    private static void AssertNothingStays(ITrainingEngine engine, int settling, int steps, long garbagePerStep)
    {
        MicroBatch[][] batches = [.. Enumerable.Range(0, 5).Select(i => new[] { TestModels.Batch(Config, rows: 8, length: 64 - (8 * i), seed: i) })];
        Run(settling);
        var (resident, allocated, own) = (Environment.WorkingSet, GC.GetAllocatedBytesForCurrentThread(), engine.MemoryBytes);
        Run(steps);

        Assert.Equal(own, engine.MemoryBytes);
        Assert.InRange(Environment.WorkingSet - resident, long.MinValue, AllowedGrowth);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, steps * garbagePerStep);

        void Run(int count)
        {
            for (var step = 0; step < count; step++)
            {
                engine.Step(batches[step % batches.Length], 1e-3);
                engine.Evaluate(batches[step % batches.Length][0]);
            }
        }
    }
}
