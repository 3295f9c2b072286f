using FineTune.Core.Faults;
using FineTune.Core.Regions;
using FineTune.Core.Runs;

namespace FineTune.Workflows.Regions;

/// <summary>
/// Step one: is the host's region one of the product's, and may data go to where it is trained on? Nothing of the run's data is read before
/// this.
/// </summary>
public sealed class CheckRegion(WorkflowOptions options)
{
    public const string Phase = "check_region";

    public Task<Outcome<string>> RunAsync(RunSpec spec) => Task.FromResult(RegionPolicy.Default.Check(options.Placement));
}
