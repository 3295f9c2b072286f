namespace FineTune.LocalHost.Durable;

/// <summary>Settings of the embedded durable engine.</summary>
/// <param name="DatabasePath">The SQLite file; created when missing. One process owns it at a time.</param>
/// <param name="MaxConcurrentActivities">Activities that run at once; the others wait in the store.</param>
/// <param name="DefaultVersion">Version of instances that are started without one, and of sub-orchestrations.</param>
public sealed record DurableEngineOptions(string DatabasePath, int MaxConcurrentActivities = 10, string DefaultVersion = "")
{
    /// <summary>Called around every transaction; tests throw from it to die there.</summary>
    internal Action<CommitStage>? OnCommit { get; init; }
}

internal enum CommitStage
{
    BeforeCommit,
    AfterCommit,
}
