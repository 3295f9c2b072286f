namespace FineTune.Workflows.Durable;

/// <summary>How an activity or sub-orchestration is called.</summary>
public record TaskOptions(RetryPolicy? Retry = null)
{
    public static TaskOptions FromRetryPolicy(RetryPolicy policy) => new(policy);

    public SubOrchestrationOptions WithInstanceId(string instanceId) => new(Retry, instanceId);
}

/// <param name="InstanceId">Id of the child; null lets the engine choose.</param>
public sealed record SubOrchestrationOptions(RetryPolicy? Retry = null, string? InstanceId = null) : TaskOptions(Retry);

/// <summary>Waits between attempts: <c>FirstRetryInterval × BackoffCoefficient^(n-1)</c>, at most <c>MaxRetryInterval</c>.</summary>
public sealed record RetryPolicy(
    int MaxNumberOfAttempts,
    TimeSpan FirstRetryInterval,
    double BackoffCoefficient = 1.0,
    TimeSpan? MaxRetryInterval = null,
    TimeSpan? RetryTimeout = null)
{
    /// <summary>The wait after failed attempt <paramref name="attempt"/> (from 1), or null when there is no further one.</summary>
    public TimeSpan? DelayAfter(int attempt, TimeSpan sinceFirstAttempt)
    {
        if (attempt >= MaxNumberOfAttempts || (RetryTimeout is { } timeout && sinceFirstAttempt >= timeout))
        {
            return null;
        }

        var seconds = FirstRetryInterval.TotalSeconds * Math.Pow(BackoffCoefficient, attempt - 1);
        return TimeSpan.FromSeconds(Math.Min(seconds, (MaxRetryInterval ?? TimeSpan.FromHours(1)).TotalSeconds));
    }
}

/// <summary>A failure as data: exception objects do not cross the engine.</summary>
public sealed record TaskFailureDetails(string ErrorType, string ErrorMessage, string? StackTrace = null, TaskFailureDetails? InnerFailure = null)
{
    public static TaskFailureDetails FromException(Exception exception) => new(
        exception.GetType().FullName ?? exception.GetType().Name,
        exception.Message,
        exception.StackTrace,
        exception is TaskFailedException failed ? failed.FailureDetails
            : exception.InnerException is { } inner ? FromException(inner) : null);

    public bool IsCausedBy<TException>()
        where TException : Exception => ErrorType == typeof(TException).FullName;
}

/// <summary>An activity or sub-orchestration failed.</summary>
public sealed class TaskFailedException(string taskName, int taskId, TaskFailureDetails failureDetails)
    : Exception($"Task '{taskName}' (#{taskId}) failed with an unhandled exception: {failureDetails.ErrorMessage}")
{
    public string TaskName { get; } = taskName;

    public int TaskId { get; } = taskId;

    public TaskFailureDetails FailureDetails { get; } = failureDetails;
}
