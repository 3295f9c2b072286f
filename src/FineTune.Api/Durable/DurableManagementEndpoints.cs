using System.Text.Encodings.Web;
using System.Text.Json;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Api.Durable;

/// <summary>
/// The HTTP management API of Azure Durable Functions (extension 3.19) over a <see cref="DurableTaskClient"/>: status, list, raise
/// event, terminate, suspend, resume, purge. Everything else below the prefix is 404, a wrong verb too.
/// </summary>
public static class DurableManagementEndpoints
{
    public const string Prefix = "/runtime/webhooks/durabletask";

    // Written by hand, not by the host's serializer options: names and order are the extension's.
    private static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Default)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static IEndpointRouteBuilder MapDurableManagement(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Prefix);
        group.MapGet("/instances", ListInstances.HandleAsync);
        group.MapGet("/instances/{id}", GetStatusAsync);
        group.MapDelete("/instances/{id}", PurgeAsync);
        group.MapPost("/instances/{id}/raiseEvent/{eventName}", RaiseEventAsync);
        group.MapPost("/instances/{id}/terminate", (string id, string? reason, DurableTaskClient client, CancellationToken cancellation) =>
            ControlAsync(client, id, _ => true, () => client.TerminateInstanceAsync(id, reason, cancellation), cancellation));
        group.MapPost("/instances/{id}/suspend", (string id, string? reason, DurableTaskClient client, CancellationToken cancellation) =>
            ControlAsync(
                client,
                id,
                status => status != OrchestrationRuntimeStatus.Suspended,
                () => client.SuspendInstanceAsync(id, reason, cancellation),
                cancellation));
        group.MapPost("/instances/{id}/resume", (string id, string? reason, DurableTaskClient client, CancellationToken cancellation) =>
            ControlAsync(
                client,
                id,
                status => status == OrchestrationRuntimeStatus.Suspended,
                () => client.ResumeInstanceAsync(id, reason, cancellation),
                cancellation));
        group.Map("/{**rest}", () => Results.NotFound());
        return routes;
    }

    internal static IResult Body(object body, int status = StatusCodes.Status200OK) => Results.Json(body, Json, statusCode: status);

    internal static IResult Message(int status, string message) => Body(new { Message = message }, status);

    private static async Task<IResult> GetStatusAsync(string id, HttpContext http, DurableTaskClient client)
    {
        if (await client.GetInstanceAsync(id, getInputsAndOutputs: true, http.RequestAborted) is not { } instance)
        {
            return Results.NotFound();
        }

        var query = http.Request.Query;
        var showInput = query.Flag("showInput", true);
        var history = query.Flag("showHistory", false) && instance.RuntimeStatus != OrchestrationRuntimeStatus.Pending
            ? HistoryJson.Write(
                await client.GetOrchestrationHistoryAsync(id, http.RequestAborted), showInput, query.Flag("showHistoryOutput", false))
            : null;
        var status = StatusCodes.Status200OK;
        if (instance.IsRunning)
        {
            http.Response.Headers.Location = http.Request.GetEncodedUrl();
            http.Response.Headers.RetryAfter = "5";
            status = StatusCodes.Status202Accepted;
        }
        else if (instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed && query.Flag("returnInternalServerErrorOnFailure", false))
        {
            status = StatusCodes.Status500InternalServerError;
        }

        return Body(InstanceStatus.From(instance, showInput, history), status);
    }

    private static async Task<IResult> RaiseEventAsync(string id, string eventName, HttpRequest request, DurableTaskClient client)
    {
        var cancellation = request.HttpContext.RequestAborted;
        return await RefuseAsync(client, id, cancellation) ?? await ReadAndRaiseAsync();

        async Task<IResult> ReadAndRaiseAsync()
        {
            if (!request.HasJsonContentType())
            {
                return Message(StatusCodes.Status400BadRequest, "Only application/json request content is supported");
            }

            try
            {
                var payload = await JsonSerializer.DeserializeAsync<JsonElement>(request.Body, Json, cancellation);
                await client.RaiseEventAsync(id, eventName, payload, cancellation);
                return Results.StatusCode(StatusCodes.Status202Accepted);
            }
            catch (JsonException)
            {
                return Message(StatusCodes.Status400BadRequest, "Invalid JSON content");
            }
        }
    }

    private static async Task<IResult> ControlAsync(
        DurableTaskClient client, string id, Predicate<OrchestrationRuntimeStatus> possible, Func<Task> operation, CancellationToken cancellation)
    {
        if (await RefuseAsync(client, id, cancellation) is { } refused)
        {
            return refused;
        }

        var instance = await client.GetInstanceAsync(id, cancellation: cancellation);
        if (!possible(instance!.RuntimeStatus))
        {
            return Message(StatusCodes.Status500InternalServerError, "Something went wrong while processing your request");
        }

        await operation();
        return Results.StatusCode(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> PurgeAsync(string id, DurableTaskClient client, CancellationToken cancellation)
    {
        if (await client.GetInstanceAsync(id, cancellation: cancellation) is null)
        {
            return Results.NotFound();
        }

        return await client.PurgeInstanceAsync(id, cancellation)
            ? Body(new { instancesDeleted = 1 })
            : Body($"Instance '{id}' has not ended: terminate it first.", StatusCodes.Status412PreconditionFailed);
    }

    /// <summary>404 when there is no such instance, 410 when it has ended, else null.</summary>
    private static async Task<IResult?> RefuseAsync(DurableTaskClient client, string id, CancellationToken cancellation) =>
        await client.GetInstanceAsync(id, cancellation: cancellation) switch
        {
            null => Results.NotFound(),
            { IsCompleted: true } => Results.StatusCode(StatusCodes.Status410Gone),
            _ => null,
        };
}
