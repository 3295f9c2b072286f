using Azure = Microsoft.DurableTask;
using AzureClient = Microsoft.DurableTask.Client;
using Port = FineTune.Workflows.Durable;

namespace FineTune.Functions.Durable;

/// <summary>Durable Task's records as the port's, and back.</summary>
internal static class DurableMapping
{
    public static Azure.TaskOptions? ToAzure(Port.TaskOptions? options)
    {
        if (options is null)
        {
            return null;
        }

        var plain = options.Retry is { } retry
            ? Azure.TaskOptions.FromRetryPolicy(new Azure.RetryPolicy(
                retry.MaxNumberOfAttempts, retry.FirstRetryInterval, retry.BackoffCoefficient, retry.MaxRetryInterval, retry.RetryTimeout))
            : new Azure.TaskOptions();
        return options is Port.SubOrchestrationOptions { InstanceId: { } id } ? plain.WithInstanceId(id) : plain;
    }

    public static Port.TaskFailureDetails ToPort(Azure.TaskFailureDetails details) => new(
        details.ErrorType,
        details.ErrorMessage,
        details.StackTrace,
        details.InnerFailure is { } inner ? ToPort(inner) : null);

    public static Port.OrchestrationMetadata ToPort(AzureClient.OrchestrationMetadata metadata) => new(
        metadata.Name,
        metadata.InstanceId,
        ToPort(metadata.RuntimeStatus),
        metadata.CreatedAt,
        metadata.LastUpdatedAt,
        metadata.SerializedInput,
        metadata.SerializedOutput,
        metadata.SerializedCustomStatus,
        metadata.FailureDetails is { } failure ? ToPort(failure) : null);

    /// <summary>Both enumerations have the same names.</summary>
    public static Port.OrchestrationRuntimeStatus ToPort(AzureClient.OrchestrationRuntimeStatus status) =>
        Enum.Parse<Port.OrchestrationRuntimeStatus>(status.ToString());

    public static AzureClient.OrchestrationRuntimeStatus ToAzure(Port.OrchestrationRuntimeStatus status) =>
        Enum.Parse<AzureClient.OrchestrationRuntimeStatus>(status.ToString());
}
