using System.Text.Json.Serialization;
using FineTune.Workflows;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>The links with which a client watches and steers one instance; names and order are those of Azure Durable Functions.</summary>
public sealed record DurableManagementPayload(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("statusQueryGetUri")] string StatusQueryGetUri,
    [property: JsonPropertyName("sendEventPostUri")] string SendEventPostUri,
    [property: JsonPropertyName("terminatePostUri")] string TerminatePostUri,
    [property: JsonPropertyName("purgeHistoryDeleteUri")] string PurgeHistoryDeleteUri,
    [property: JsonPropertyName("restartPostUri")] string RestartPostUri,
    [property: JsonPropertyName("suspendPostUri")] string SuspendPostUri,
    [property: JsonPropertyName("resumePostUri")] string ResumePostUri)
{
    // "Storage" is the extension's default connection. No key: links carry none, callers of a host that wants one add their own.
    private const string Hub = $"taskHub={Workflow.TaskHub}&connection=Storage";

    /// <summary>Links on the scheme, host and path base that <paramref name="request"/> came to.</summary>
    public static DurableManagementPayload For(HttpRequest request, string instanceId) => For(
        $"{request.Scheme}://{request.Host.ToUriComponent()}{request.PathBase.ToUriComponent()}", instanceId);

    /// <param name="baseUrl">Without a trailing slash, e.g. <c>http://localhost:7071</c>.</param>
    public static DurableManagementPayload For(string baseUrl, string instanceId)
    {
        var instance = $"{baseUrl}{DurableManagementEndpoints.Prefix}/instances/{Uri.EscapeDataString(instanceId)}";
        return new DurableManagementPayload(
            instanceId,
            $"{instance}?{Hub}",
            $"{instance}/raiseEvent/{{eventName}}?{Hub}",
            $"{instance}/terminate?reason={{text}}&{Hub}",
            $"{instance}?{Hub}",
            $"{instance}/restart?{Hub}",
            $"{instance}/suspend?reason={{text}}&{Hub}",
            $"{instance}/resume?reason={{text}}&{Hub}");
    }
}
