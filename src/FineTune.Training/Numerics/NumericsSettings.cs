using System.Runtime.Intrinsics.X86;

namespace FineTune.Training.Numerics;

/// <summary>
/// What decides the last bit of a training run besides data and hyperparameters. Equal settings on equal machines give equal weights;
/// every checkpoint records them.
/// </summary>
/// <param name="Threads">Of one operator; a sum is split by their number, so it is part of the result.</param>
/// <param name="CpuCapability">Instruction set of libtorch's own kernels: <c>default</c>, <c>avx2</c> or <c>avx512</c>.</param>
/// <param name="MklBranch">Code path of MKL (<c>MKL_CBWR</c>); <c>STRICT</c> makes it independent of the alignment of buffers.</param>
/// <param name="TorchVersion">Version of libtorch; null until it is loaded.</param>
public sealed record NumericsSettings(int Threads, string CpuCapability, string MklBranch, string? TorchVersion = null)
{
    /// <summary>Environment variable for the number of threads; without it every processor is used.</summary>
    public const string ThreadsVariable = "FINETUNE_THREADS";

    /// <summary>The widest instruction set of this machine and the configured number of threads.</summary>
    public static NumericsSettings Detect()
    {
        var threads = int.TryParse(Environment.GetEnvironmentVariable(ThreadsVariable), out var configured) && configured > 0
            ? configured
            : Environment.ProcessorCount;
        var (capability, branch) = Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported
            ? ("avx512", "AVX512,STRICT")
            : Avx2.IsSupported ? ("avx2", "AVX2,STRICT") : ("default", "COMPATIBLE");
        return new NumericsSettings(threads, capability, branch);
    }

    /// <summary>Environment variables that libtorch, MKL and OpenMP read when they are loaded.</summary>
    internal IEnumerable<(string Name, string Value)> NativeEnvironment() =>
    [
        ("ATEN_CPU_CAPABILITY", CpuCapability),
        ("MKL_CBWR", MklBranch),
        ("MKL_DYNAMIC", "FALSE"),
        ("MKL_NUM_THREADS", Text(Threads)),
        ("OMP_DYNAMIC", "FALSE"),
        ("OMP_NUM_THREADS", Text(Threads)),

        // Small models meet at thousands of barriers a second: a short spin saves the wake-ups (twice the steps per second at a million
        // parameters), an endless one loses a factor of ten when another process wants the cores.
        ("GOMP_SPINCOUNT", "5000"),
    ];

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
