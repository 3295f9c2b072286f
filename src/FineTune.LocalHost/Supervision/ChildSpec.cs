using System.Diagnostics;

namespace FineTune.LocalHost.Supervision;

/// <summary>A program to run beside the host.</summary>
/// <param name="Role">Short name, unique among the host's children; names its log file.</param>
/// <param name="Command">What to start; asked anew at every start, so it may depend on the start before.</param>
public sealed record ChildSpec(string Role, Func<ProcessStartInfo> Command)
{
    /// <summary>Told every line of output; true once the child is ready. Null: ready as soon as it runs.</summary>
    public Func<string, bool>? IsReady { get; init; }

    public TimeSpan ReadyWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between the request to end and the kill.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);
}
