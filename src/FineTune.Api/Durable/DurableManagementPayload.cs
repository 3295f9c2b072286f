using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>The links with which a client watches and steers one instance; names are those of Azure Durable Functions.</summary>
public sealed record DurableManagementPayload(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("statusQueryGetUri")] string StatusQueryGetUri,
    [property: JsonPropertyName("sendEventPostUri")] string SendEventPostUri,
    [property: JsonPropertyName("terminatePostUri")] string TerminatePostUri,
    [property: JsonPropertyName("purgeHistoryDeleteUri")] string PurgeHistoryDeleteUri,
    [property: JsonPropertyName("suspendPostUri")] string SuspendPostUri,
    [property: JsonPropertyName("resumePostUri")] string ResumePostUri)
{
    /// <summary>Links on the scheme, host and path base that <paramref name="request"/> came to.</summary>
    public static DurableManagementPayload For(HttpRequest request, string instanceId) => For(
        $"{request.Scheme}://{request.Host.ToUriComponent()}{request.PathBase.ToUriComponent()}", instanceId);

    /// <param name="baseUrl">Without a trailing slash, e.g. <c>http://localhost:7071</c>.</param>
    public static DurableManagementPayload For(string baseUrl, string instanceId)
    {
        var instance = $"{baseUrl}{DurableManagementEndpoints.Prefix}/instances/{Uri.EscapeDataString(instanceId)}";
        return new DurableManagementPayload(
            instanceId,
            instance,
            $"{instance}/raiseEvent/{{eventName}}",
            $"{instance}/terminate?reason={{text}}",
            instance,
            $"{instance}/suspend?reason={{text}}",
            $"{instance}/resume?reason={{text}}");
    }
}
