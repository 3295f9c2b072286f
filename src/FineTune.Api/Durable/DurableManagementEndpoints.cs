using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FineTune.Api.Durable;

/// <summary>
/// The HTTP management API of Azure Durable Functions (extension 3.19) over a <see cref="DurableTaskClient"/>, for hosts that do not
/// bring it. Entities and <c>makeprimary</c> are left out; everything that is not served is 404, a wrong verb too.
/// </summary>
public static class DurableManagementEndpoints
{
    public const string Prefix = "/runtime/webhooks/durabletask";

    public static IEndpointRouteBuilder MapDurableManagement(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Prefix);
        group.AddEndpointFilter(AnswerErrorsAsync);

        // Answers without a body stay without one.
        group.WithMetadata(new SkipStatusCodePagesAttribute());
        group.MapPost("/orchestrators/{functionName}/{instanceId?}", StartInstances.StartAsync);
        group.MapGet("/instances", ListInstances.HandleAsync);
        group.MapGet("/instances/{id}", GetStatusAsync);
        group.MapDelete("/instances", PurgeInstances.PurgeManyAsync);
        group.MapDelete("/instances/{id}", PurgeInstances.PurgeOneAsync);
        group.MapPost("/instances/{id}/raiseEvent/{eventName}", ControlInstances.RaiseEventAsync);
        group.MapPost("/instances/{id}/terminate", ControlInstances.TerminateAsync);
        group.MapPost("/instances/{id}/suspend", ControlInstances.SuspendAsync);
        group.MapPost("/instances/{id}/resume", ControlInstances.ResumeAsync);
        group.MapPost("/instances/{id}/rewind", ControlInstances.RewindAsync);
        group.MapPost("/instances/{id}/restart", StartInstances.RestartAsync);
        group.MapPost("/instances/{id}/restartWithOptions", StartInstances.RestartWithOptionsAsync);
        group.Map("/{**rest}", () => Results.NotFound());
        return routes;
    }

    private static async Task<IResult> GetStatusAsync(string id, HttpContext http, DurableTaskClient client)
    {
        if (await client.GetInstanceAsync(id, getInputsAndOutputs: true, http.RequestAborted) is not { } instance)
        {
            return Results.NotFound();
        }

        var showHistory = http.Request.Query.Flag("showHistory", false) && instance.RuntimeStatus != OrchestrationRuntimeStatus.Pending;
        var history = showHistory ? await client.GetOrchestrationHistoryAsync(id, http.RequestAborted) : null;
        return ManagementResults.Status(http, instance, history);
    }

    private static async ValueTask<object?> AnswerErrorsAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        try
        {
            return await next(context);
        }
        catch (ArgumentException refused)
        {
            return ManagementResults.Message(StatusCodes.Status400BadRequest, refused.Message);
        }
        catch (Exception error) when (!http.RequestAborted.IsCancellationRequested)
        {
            http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(DurableManagementEndpoints))
                .LogError(error, "{Method} {Path} failed.", http.Request.Method, http.Request.Path);
            return ManagementResults.Error(StatusCodes.Status500InternalServerError, "Something went wrong while processing your request", error);
        }
    }
}
