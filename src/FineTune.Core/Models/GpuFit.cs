using FineTune.Core.Estimates;
using FineTune.Core.Faults;
using FineTune.Core.Regions;

namespace FineTune.Core.Models;

/// <summary>Whether the one GPU of a trainer container can hold a model in full-parameter training at all.</summary>
public static class GpuFit
{
    private const double BytesPerGib = 1L << 30;

    /// <summary>Null when it fits, or when the model's size is not known before its weights are read.</summary>
    /// <param name="profile">The trainers' workload profile; null, or an unknown one, means the largest there is.</param>
    /// <param name="multiGpuQueue">Queue of trainers with several GPUs a node; null when there are none.</param>
    public static Fault? Check(CatalogueModel model, string? profile, string? multiGpuQueue)
    {
        if (multiGpuQueue is not null || !NeedsSeveral(model, profile))
        {
            return null;
        }

        var gpu = Of(profile);
        return Fault.Caller(
            "resolve_model",
            "dispatcher_required",
            $"'{model.Name}' has {model.Parameters / 1e9:0.#} billion weights: full-parameter training takes at least {Needed(model):0} GiB, and the "
                + $"one GPU of a trainer container ({gpu.Gpu}) has {gpu.MemoryGib} GiB. It needs a dispatcher to several GPUs a node, AKS or Azure ML: have "
                + "the operator set FINETUNE_MULTI_GPU_QUEUE to the queue such trainers read, or choose a smaller model.",
            "model");
    }

    /// <summary>Whether <paramref name="model"/> must go to trainers with several GPUs.</summary>
    public static bool NeedsSeveral(CatalogueModel model, string? profile) => Needed(model) > Of(profile).MemoryGib;

    private static double Needed(CatalogueModel model) => (model.Parameters ?? 0) * TrainingMemory.SmallestBytesPerParameter / BytesPerGib;

    private static GpuProfile Of(string? profile) =>
        RegionTable.Default.Gpus.FirstOrDefault(gpu => gpu.Profile.Equals(profile, StringComparison.OrdinalIgnoreCase))
        ?? RegionTable.Default.Gpus.MaxBy(gpu => gpu.MemoryGib)!;
}
