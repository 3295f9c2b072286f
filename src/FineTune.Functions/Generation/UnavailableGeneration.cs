using FineTune.Core.Faults;
using FineTune.Core.Generation;

namespace FineTune.Functions.Generation;

/// <summary>
/// Asking a model needs a process that keeps it in memory, <c>FineTune.Trainer serve</c>; the deployment has trainer jobs only, which end
/// with their epoch.
/// </summary>
public sealed class UnavailableGeneration : ITextGeneration
{
    public Task<GenerateResult> GenerateAsync(GenerateJob job, CancellationToken cancellationToken = default) =>
        throw new FaultException(new Fault(
            "generate",
            FaultAttribution.Platform,
            "generation_not_deployed",
            "This deployment trains models and does not serve them. Download the registered version and run 'finetune chat' on it."));
}
