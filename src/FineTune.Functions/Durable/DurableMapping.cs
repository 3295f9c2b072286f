using Ms = Microsoft.DurableTask;
using MsClient = Microsoft.DurableTask.Client;
using Port = FineTune.Workflows.Durable;

namespace FineTune.Functions.Durable;

/// <summary>Durable Task's records as the port's, and back.</summary>
internal static class DurableMapping
{
    public static Ms.TaskOptions? ToAzure(Port.TaskOptions? options)
    {
        if (options is null)
        {
            return null;
        }

        var plain = options.Retry is { } retry
            ? Ms.TaskOptions.FromRetryPolicy(new Ms.RetryPolicy(
                retry.MaxNumberOfAttempts, retry.FirstRetryInterval, retry.BackoffCoefficient, retry.MaxRetryInterval, retry.RetryTimeout))
            : new Ms.TaskOptions();
        return options is Port.SubOrchestrationOptions { InstanceId: { } id } ? plain.WithInstanceId(id) : plain;
    }

    /// <summary>
    /// A child whose function the host could not run to its end, e.g. for an event it cannot read, fails without details: the exception
    /// itself is then all that is known.
    /// </summary>
    public static Port.TaskFailureDetails DetailsOf(Ms.TaskFailedException failure) => failure.FailureDetails is { } details
        ? ToPort(details)
        : new Port.TaskFailureDetails(typeof(Port.TaskFailedException).FullName!, failure.Message);

    /// <summary>The SDK's own exceptions become the port's.</summary>
    public static Port.TaskFailureDetails ToPort(Ms.TaskFailureDetails details) => new(
        details.ErrorType == typeof(Ms.TaskFailedException).FullName ? typeof(Port.TaskFailedException).FullName! : details.ErrorType,
        details.ErrorMessage,
        details.StackTrace,
        details.InnerFailure is { } inner ? ToPort(inner) : null);

    public static Ms.TaskFailureDetails ToAzure(Port.TaskFailureDetails details) => new(
        details.ErrorType,
        details.ErrorMessage,
        details.StackTrace,
        details.InnerFailure is { } inner ? ToAzure(inner) : null,
        null);

    public static Port.OrchestrationMetadata ToPort(MsClient.OrchestrationMetadata metadata) => new(
        metadata.Name,
        metadata.InstanceId,
        ToPort(metadata.RuntimeStatus),
        metadata.CreatedAt,
        metadata.LastUpdatedAt,
        metadata.SerializedInput,

        // Of a failed instance it is a text, not JSON, that the details repeat.
        metadata.RuntimeStatus == MsClient.OrchestrationRuntimeStatus.Failed ? null : metadata.SerializedOutput,
        metadata.SerializedCustomStatus,
        metadata.FailureDetails is { } failure ? ToPort(failure) : null);

    /// <summary>Both enumerations have the same names.</summary>
    public static Port.OrchestrationRuntimeStatus ToPort(MsClient.OrchestrationRuntimeStatus status) =>
        Enum.Parse<Port.OrchestrationRuntimeStatus>(status.ToString());

    public static MsClient.OrchestrationRuntimeStatus ToAzure(Port.OrchestrationRuntimeStatus status) =>
        Enum.Parse<MsClient.OrchestrationRuntimeStatus>(status.ToString());
}
