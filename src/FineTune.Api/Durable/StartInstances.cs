using System.Globalization;
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
        catch (JsonException broken)
        {
            return ManagementResults.Error(StatusCodes.Status400BadRequest, "Invalid JSON content", broken);
        }

        var options = new StartOrchestrationOptions(instanceId, Version: Version(http));
        try
        {
            return await AnswerAsync(http, client, clock, () =>
                client.ScheduleNewOrchestrationInstanceAsync(functionName, input, options, http.RequestAborted));
        }
        catch (OrchestrationAlreadyExistsException exists)
        {
            return ManagementResults.Message(StatusCodes.Status409Conflict, await ReasonAsync(client, exists, http.RequestAborted));
        }
    }

    public static async Task<IResult> RestartAsync(string id, HttpContext http, DurableTaskClient client, TimeProvider clock)
    {
        if (await client.GetInstanceAsync(id, cancellation: http.RequestAborted) is null)
        {
            return UnknownInstance(id);
        }

        var newId = http.Request.Query.Flag("restartWithNewInstanceId", true);
        return await RestartedAsync(http, client, clock, () => client.RestartAsync(id, newId, http.RequestAborted));
    }

    public static async Task<IResult> RestartWithOptionsAsync(string id, HttpContext http, DurableTaskClient client, TimeProvider clock)
    {
        if (http.Request.Query["newInstanceId"].ToString() is not { Length: > 0 } newId)
        {
            return ManagementResults.Message(StatusCodes.Status400BadRequest, "A new orchestration instance ID must be provided.");
        }

        if (await client.GetInstanceAsync(id, getInputsAndOutputs: true, http.RequestAborted) is not { } instance)
        {
            return UnknownInstance(id);
        }

        var options = new StartOrchestrationOptions(newId, Version: Version(http) ?? instance.Version);
        return await RestartedAsync(http, client, clock, () => client.ScheduleNewOrchestrationInstanceAsync(
            instance.Name, instance.ReadInputAs<JsonElement?>(), options, http.RequestAborted));
    }

    private static async Task<IResult> RestartedAsync(HttpContext http, DurableTaskClient client, TimeProvider clock, Func<Task<string>> start)
    {
        try
        {
            return await AnswerAsync(http, client, clock, start);
        }
        catch (OrchestrationAlreadyExistsException exists)
        {
            return ManagementResults.Error(
                StatusCodes.Status409Conflict,
                "A non-terminal instance with this instance ID already exists.",
                exists,
                await ReasonAsync(client, exists, http.RequestAborted));
        }
    }

    /// <summary>Why an id cannot be used again, in Durable Task's words.</summary>
    private static async Task<string> ReasonAsync(
        DurableTaskClient client, OrchestrationAlreadyExistsException exists, CancellationToken cancellation) =>
        await client.GetInstanceAsync(exists.InstanceId, cancellation: cancellation) is { IsCompleted: false } live
            ? $"An Orchestration instance with the status {live.RuntimeStatus} already exists."
            : exists.Message;

    private static async Task<IResult> AnswerAsync(HttpContext http, DurableTaskClient client, TimeProvider clock, Func<Task<string>> start)
    {
        // Read first: what cannot be waited for is not started.
        var wait = Wait(http.Request.Query);
        var id = await start();
        return wait is { } timeout ? await EndAsync(http, client, id, timeout, clock) : ManagementResults.CheckStatus(http, id);
    }

    /// <summary>How long the caller wants to wait for the end; null for not at all, unless both times are given.</summary>
    private static TimeSpan? Wait(IQueryCollection query)
    {
        var (timeout, pollingInterval) = (query.Seconds("timeout"), query.Seconds("pollingInterval"));
        return timeout is not { } wait || pollingInterval is not { } poll ? null
            : poll <= wait ? wait
            : throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"Total timeout {wait.TotalSeconds} should be bigger than retry timeout {poll.TotalSeconds}"));
    }

    /// <summary>Waits without polling: the engine says when the instance has ended.</summary>
    private static async Task<IResult> EndAsync(HttpContext http, DurableTaskClient client, string id, TimeSpan timeout, TimeProvider clock)
    {
        var wait = TimeSpan.FromTicks(Math.Clamp(timeout.Ticks, 0, LongestWait.Ticks));
        using var patience = new CancellationTokenSource(wait, clock);
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

    private static IResult UnknownInstance(string instanceId) => ManagementResults.Error(
        StatusCodes.Status400BadRequest,
        "InstanceId does not match a valid orchestration instance.",
        new ArgumentException($"No instance with ID '{instanceId}' was found.", nameof(instanceId)));
}
