using System.Runtime.CompilerServices;
using FineTune.Training.Numerics;

// libtorch spreads each test over all cores by itself.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace FineTune.Trainer.Tests.Support;

/// <summary>Pins the numerics before any test touches libtorch.</summary>
internal static class TestProcess
{
    [ModuleInitializer]
    public static void Start() => TorchRuntime.Start();
}
