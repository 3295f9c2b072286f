using System.Net.Mime;
using System.Text.Json;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>Events, terminate, suspend, resume and rewind. Refusals, in this order: 404 unknown, 410 ended, then what is wrong with the call.</summary>
internal static class ControlInstances
{
    public static Task<IResult> RaiseEventAsync(string id, string eventName, HttpContext http, DurableTaskClient client) =>
        ForUnendedAsync(client, id, async _ =>
        {
            // The media type alone counts: the extension takes no "+json".
            if (!MediaType(http.Request).Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase))
            {
                return ManagementResults.Message(StatusCodes.Status400BadRequest, "Only application/json request content is supported");
            }

            try
            {
                var payload = await JsonSerializer.DeserializeAsync<JsonElement>(http.Request.Body, cancellationToken: http.RequestAborted);
                await client.RaiseEventAsync(id, eventName, payload, http.RequestAborted);
                return ManagementResults.Accepted;
            }
            catch (JsonException broken)
            {
                return ManagementResults.Error(StatusCodes.Status400BadRequest, "Invalid JSON content", broken);
            }
        }, http.RequestAborted);

    public static Task<IResult> TerminateAsync(string id, string? reason, DurableTaskClient client, CancellationToken cancellation) =>
        ForUnendedAsync(client, id, async _ =>
        {
            await client.TerminateInstanceAsync(id, reason, cancellation);
            return ManagementResults.Accepted;
        }, cancellation);

    public static Task<IResult> SuspendAsync(string id, string? reason, DurableTaskClient client, CancellationToken cancellation) =>
        ForUnendedAsync(client, id, async instance =>
        {
            if (instance.RuntimeStatus == OrchestrationRuntimeStatus.Suspended)
            {
                throw WrongState("suspend", instance);
            }

            await client.SuspendInstanceAsync(id, reason, cancellation);
            return ManagementResults.Accepted;
        }, cancellation);

    public static Task<IResult> ResumeAsync(string id, string? reason, DurableTaskClient client, CancellationToken cancellation) =>
        ForUnendedAsync(client, id, async instance =>
        {
            if (instance.RuntimeStatus != OrchestrationRuntimeStatus.Suspended)
            {
                throw WrongState("resume", instance);
            }

            await client.ResumeInstanceAsync(id, reason, cancellation);
            return ManagementResults.Accepted;
        }, cancellation);

    public static async Task<IResult> RewindAsync(string id, string? reason, DurableTaskClient client, CancellationToken cancellation)
    {
        var instance = await client.GetInstanceAsync(id, cancellation: cancellation);
        if (instance?.RuntimeStatus != OrchestrationRuntimeStatus.Failed)
        {
            return instance is null
                // The dollar is the extension's own.
                ? ManagementResults.Body($"No orchestration with instance ID \"${id}\" found.", StatusCodes.Status404NotFound)
                : ManagementResults.Body(
                    $"This orchestration has status {instance.RuntimeStatus}, but only orchestrations in the \"Failed\" state can be rewound.",
                    StatusCodes.Status412PreconditionFailed);
        }

        try
        {
            await client.RewindInstanceAsync(id, reason ?? "", cancellation);
            return ManagementResults.Accepted;
        }
        catch (NotSupportedException unable)
        {
            return ManagementResults.Message(StatusCodes.Status501NotImplemented, unable.Message);
        }
    }

    private static InvalidOperationException WrongState(string operation, OrchestrationMetadata instance) => new(
        $"Cannot {operation} the orchestration instance {instance.InstanceId} because instance is in the {instance.RuntimeStatus} state.");

    private static string MediaType(HttpRequest request) => (request.ContentType ?? "").Split(';', 2)[0].Trim();

    /// <summary>404 when there is no such instance, 410 when it has ended, else what <paramref name="act"/> answers.</summary>
    private static async Task<IResult> ForUnendedAsync(
        DurableTaskClient client, string id, Func<OrchestrationMetadata, Task<IResult>> act, CancellationToken cancellation) =>
        await client.GetInstanceAsync(id, cancellation: cancellation) switch
        {
            null => Results.NotFound(),
            { IsCompleted: true } => Results.StatusCode(StatusCodes.Status410Gone),
            { } unended => await act(unended),
        };
}
