using FineTune.Workflows.Durable;

namespace FineTune.Workflows;

/// <summary>The retry policies of the workflow. Expected refusals are values, so whatever throws is worth another try.</summary>
public static class Retry
{
    /// <summary>Rides out about five minutes of trouble in storage or the host.</summary>
    public static TaskOptions Transient { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(8, TimeSpan.FromSeconds(1), 2.0, TimeSpan.FromMinutes(1)));
}
