using System.Text.Json;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>Starting and restarting; the answer is either at once how to watch the instance, or its end if that comes in time.</summary>
internal static class StartInstances
{
    // Timers count milliseconds in 32 bits.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(24);

    public static async Task<IResult> StartAsync(
        string functionName, string? instanceId, HttpContext http, DurableTaskClient client, TimeProvider clock)
    {
        JsonElement? input;
        try
        {
            input = await ReadInputAsync(http);
        }
        catch (JsonException)
        {
            return ManagementResults.Message(StatusCodes.Status400BadRequest, "Invalid JSON content");
        }

        var options = new StartOrchestrationOptions(instanceId, Version: Version(http));
        return await AnswerAsync(http, client, clock, () =>
            client.ScheduleNewOrchestrationInstanceAsync(functionName, input, options, http.RequestAborted));
    }

    public static async Task<IResult> RestartAsync(string id, HttpContext http, DurableTaskClient client, TimeProvider clock) =>
        await client.GetInstanceAsync(id, cancellation: http.RequestAborted) is null
            ? UnknownInstance()
            : await AnswerAsync(http, client, clock, () =>
                client.RestartAsync(id, http.Request.Query.Flag("restartWithNewInstanceId", true), http.RequestAborted));

    public static async Task<IResult> RestartWithOptionsAsync(string id, HttpContext http, DurableTaskClient client, TimeProvider clock)
    {
        if (http.Request.Query["newInstanceId"].ToString() is not { Length: > 0 } newId)
        {
            return ManagementResults.Message(StatusCodes.Status400BadRequest, "Please provide value for 'newInstanceId' parameter.");
        }

        if (await client.GetInstanceAsync(id, getInputsAndOutputs: true, http.RequestAborted) is not { } instance)
        {
            return UnknownInstance();
        }

        var options = new StartOrchestrationOptions(newId, Version: Version(http) ?? instance.Version);
        return await AnswerAsync(http, client, clock, () => client.ScheduleNewOrchestrationInstanceAsync(
            instance.Name, instance.ReadInputAs<JsonElement?>(), options, http.RequestAborted));
    }

    private static async Task<IResult> AnswerAsync(HttpContext http, DurableTaskClient client, TimeProvider clock, Func<Task<string>> start)
    {
        // Read first: what cannot be waited for is not started.
        var wait = Wait(http.Request.Query);
        string id;
        try
        {
            id = await start();
        }
        catch (OrchestrationAlreadyExistsException exists)
        {
            return ManagementResults.Message(StatusCodes.Status409Conflict, exists.Message);
        }

        return wait is { } timeout ? await EndAsync(http, client, id, timeout, clock) : ManagementResults.CheckStatus(http, id);
    }

    /// <summary>How long the caller wants to wait for the end; null for not at all, unless both times are given.</summary>
    private static TimeSpan? Wait(IQueryCollection query)
    {
        var (timeout, pollingInterval) = (query.Seconds("timeout"), query.Seconds("pollingInterval"));
        return timeout is null || pollingInterval is null ? null
            : pollingInterval > timeout ? throw new ArgumentException($"timeout={timeout} is shorter than pollingInterval={pollingInterval}.")
            : timeout;
    }

    /// <summary>Waits without polling: the engine says when the instance has ended.</summary>
    private static async Task<IResult> EndAsync(HttpContext http, DurableTaskClient client, string id, TimeSpan timeout, TimeProvider clock)
    {
        using var patience = new CancellationTokenSource(timeout < LongestWait ? timeout : LongestWait, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, http.RequestAborted);
        try
        {
            var end = await client.WaitForInstanceCompletionAsync(id, getInputsAndOutputs: true, either.Token);
            return end.RuntimeStatus == OrchestrationRuntimeStatus.Completed
                ? ManagementResults.Body(InstanceStatus.Parse(end.SerializedOutput))
                : ManagementResults.Status(http, end);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            return ManagementResults.CheckStatus(http, id);
        }
    }

    private static async Task<JsonElement?> ReadInputAsync(HttpContext http)
    {
        using var body = new StreamReader(http.Request.Body);
        var text = await body.ReadToEndAsync(http.RequestAborted);
        var input = string.IsNullOrWhiteSpace(text) ? default : JsonSerializer.Deserialize<JsonElement>(text);
        return input.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : input;
    }

    private static string? Version(HttpContext http) => http.Request.Query["version"].ToString() is { Length: > 0 } version ? version : null;

    private static IResult UnknownInstance() =>
        ManagementResults.Message(StatusCodes.Status400BadRequest, "InstanceId does not match a valid orchestration instance.");
}
