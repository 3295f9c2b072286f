using System.Globalization;
using System.Net.Mime;
using System.Text;
using FineTune.Api.Durable;
using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Api.Runs;

/// <summary>What <c>POST /api/runs</c> answers: the run, and the management links of its orchestration.</summary>
public sealed record CreatedRun(string Id, RunStatus Status, RunView Run, DurableManagementPayload Links);

/// <summary>Asks a run to end.</summary>
public sealed record CancelBody(string? Reason);

/// <summary>Starts a run from a checkpoint of an ended one.</summary>
/// <param name="Checkpoint">E.g. <c>ep2</c>; null takes the newest.</param>
public sealed record RestartBody(string? Checkpoint);

/// <summary><c>/api/runs</c>.</summary>
public static class RunEndpoints
{
    private const int DefaultLimit = 100;

    public static void MapRuns(this IEndpointRouteBuilder api)
    {
        var runs = api.MapGroup("/runs");
        runs.MapPost("", CreateAsync);
        runs.MapGet("", ListAsync);
        runs.MapGet("{id}", GetAsync);
        runs.MapDelete("{id}", DeleteAsync);
        runs.MapPost("{id}/cancel", CancelAsync);
        runs.MapPost("{id}/pause", PauseAsync);
        runs.MapPost("{id}/resume", ResumeAsync);
        runs.MapPost("{id}/restart", RestartAsync);
        runs.MapGet("{id}/events", EventsAsync);
        runs.MapGet("{id}/metrics", MetricsAsync);
        runs.MapGet("{id}/metrics.csv", MetricsCsvAsync);
        runs.MapGet("{id}/checkpoints", CheckpointsAsync);
        runs.MapGet("{id}/validation", (string id, IBlobStore blobs, CancellationToken cancellationToken) =>
            ValidationAsync(blobs, new RunPaths(id).ValidationReport, MediaTypeNames.Application.Json, id, cancellationToken));
        runs.MapGet("{id}/validation.html", (string id, IBlobStore blobs, CancellationToken cancellationToken) =>
            ValidationAsync(blobs, new RunPaths(id).ValidationPage, MediaTypeNames.Text.Html, id, cancellationToken));
    }

    private static async Task<Results<Accepted<CreatedRun>, BadRequest<FaultResponse>>> CreateAsync(
        RunRequest body,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        RunService runs,
        DurableTaskClient client,
        HttpRequest request,
        CancellationToken cancellationToken)
    {
        var (run, faults) = await runs.CreateAsync(client, body, IdOf(idempotencyKey), cancellationToken);
        return run is null ? TypedResults.BadRequest(FaultResponse.Of(faults)) : Created(request, run);
    }

    /// <summary>The one run of an idempotency key; null leaves the choice to the service.</summary>
    private static string? IdOf(string? idempotencyKey) =>
        string.IsNullOrWhiteSpace(idempotencyKey) ? null : RunService.IdOf("key", idempotencyKey.Trim());

    private static Accepted<CreatedRun> Created(HttpRequest request, RunView run) =>
        TypedResults.Accepted($"/api/runs/{run.Id}", new CreatedRun(run.Id, run.Status, run, DurableManagementPayload.For(request, run.Id)));

    private static async Task<Ok<List<RunView>>> ListAsync(
        RunService runs, DurableTaskClient client, string[]? status, int? limit, DateTimeOffset? before, CancellationToken cancellationToken)
    {
        var list = await runs.ListAsync(client, [.. (status ?? []).Select(ReadStatus)], before).Take(limit ?? DefaultLimit).ToListAsync(cancellationToken);
        return TypedResults.Ok(list);
    }

    private static async Task<Results<Ok<RunView>, NotFound<FaultResponse>>> GetAsync(
        string id, RunService runs, DurableTaskClient client, CancellationToken cancellationToken) =>
        await runs.GetAsync(client, id, cancellationToken) is { } run ? TypedResults.Ok(run) : NotFound(id);

    private static async Task<Results<NoContent, AcceptedAtRoute, Accepted<RunView>, NotFound<FaultResponse>>> DeleteAsync(
        string id, RunService runs, DurableTaskClient client, HttpResponse response, CancellationToken cancellationToken)
    {
        switch (await runs.DeleteAsync(client, id, cancellationToken))
        {
            case null:
                return NotFound(id);
            case true:
                return TypedResults.NoContent();
            default:
                response.Headers.RetryAfter = "1";
                return TypedResults.Accepted($"/api/runs/{id}", (await runs.GetAsync(client, id, cancellationToken))!);
        }
    }

    private static async Task<Results<Ok<RunView>, NotFound<FaultResponse>>> CancelAsync(
        string id, RunService runs, DurableTaskClient client, CancelBody? body, CancellationToken cancellationToken) =>
        await runs.CancelAsync(client, id, body?.Reason, cancellationToken) is { } run ? TypedResults.Ok(run) : NotFound(id);

    private static async Task<Results<Accepted<CreatedRun>, NotFound<FaultResponse>>> RestartAsync(
        string id,
        [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey,
        RunService runs,
        DurableTaskClient client,
        RestartBody? body,
        HttpRequest request,
        CancellationToken cancellationToken) =>
        await runs.RestartAsync(client, id, body?.Checkpoint, IdOf(idempotencyKey), cancellationToken) is { } run ? Created(request, run) : NotFound(id);

    private static async Task<Results<Ok<RunView>, NotFound<FaultResponse>>> PauseAsync(
        string id, RunService runs, DurableTaskClient client, CancellationToken cancellationToken) =>
        await runs.PauseAsync(client, id, cancellationToken) is { } run ? TypedResults.Ok(run) : NotFound(id);

    private static async Task<Results<Ok<RunView>, NotFound<FaultResponse>>> ResumeAsync(
        string id, RunService runs, DurableTaskClient client, CancellationToken cancellationToken) =>
        await runs.ResumeAsync(client, id, cancellationToken) is { } run ? TypedResults.Ok(run) : NotFound(id);

    private static async Task<Results<Ok<IReadOnlyList<RunEvent>>, NotFound<FaultResponse>>> EventsAsync(
        string id, RunService runs, DurableTaskClient client, CancellationToken cancellationToken) =>
        await runs.GetAsync(client, id, cancellationToken) is null
            ? NotFound(id)
            : TypedResults.Ok(await runs.EventsAsync(id, cancellationToken));

    private static async Task<Results<Ok<IReadOnlyList<StepMetrics>>, NotFound<FaultResponse>>> MetricsAsync(
        string id, RunService runs, DurableTaskClient client, CancellationToken cancellationToken) =>
        await runs.GetAsync(client, id, cancellationToken) is null
            ? NotFound(id)
            : TypedResults.Ok(await runs.MetricsAsync(id, cancellationToken));

    private static async Task<Results<ContentHttpResult, NotFound<FaultResponse>>> MetricsCsvAsync(
        string id, RunService runs, DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(client, id, cancellationToken) is null)
        {
            return NotFound(id);
        }

        var csv = new StringBuilder("step,epoch,train_loss,learning_rate,grad_norm,tokens,tokens_per_second,mfu,rss_bytes,engine_bytes,loss_spike\n");
        foreach (var step in await runs.MetricsAsync(id, cancellationToken))
        {
            csv.Append(CultureInfo.InvariantCulture, $"{step.Step},{step.Epoch},{step.Loss},{step.LearningRate},{step.GradNorm},{step.Tokens},{step.TokensPerSecond}");
            csv.Append(CultureInfo.InvariantCulture, $",{step.Mfu},{step.RssBytes},{step.EngineBytes},{(step.LossSpike ? 1 : 0)}\n");
        }

        return TypedResults.Text(csv.ToString(), MediaTypeNames.Text.Csv);
    }

    private static async Task<Results<Ok<IReadOnlyList<CheckpointRecord>>, NotFound<FaultResponse>>> CheckpointsAsync(
        string id, RunService runs, DurableTaskClient client, CancellationToken cancellationToken) =>
        await runs.GetAsync(client, id, cancellationToken) is null
            ? NotFound(id)
            : TypedResults.Ok(await runs.CheckpointsAsync(id, cancellationToken));

    private static async Task<Results<ContentHttpResult, NotFound<FaultResponse>>> ValidationAsync(
        IBlobStore blobs, BlobPath report, string contentType, string id, CancellationToken cancellationToken) =>
        await blobs.ReadTextAsync(report, cancellationToken) is { } text
            ? TypedResults.Text(text, contentType, Encoding.UTF8)
            : TypedResults.NotFound(FaultResponse.Of(Fault.Caller(
                "http",
                "report_not_found",
                $"There is no validation report of a run '{id}': no such run, not validated yet, or validate_inputs was false.",
                "id")));

    private static RunStatus ReadStatus(string text) => Enum.TryParse<RunStatus>(text, ignoreCase: true, out var status) && Enum.IsDefined(status)
        ? status
        : throw new FaultException(Fault.Caller(
            "http",
            "status_unknown",
            $"status '{text}' is not one of: {string.Join(", ", Enum.GetNames<RunStatus>().Select(name => name.ToUpperInvariant()))}.",
            "status"));

    private static NotFound<FaultResponse> NotFound(string id) => TypedResults.NotFound(FaultResponse.Of(
        Fault.Caller("http", "run_not_found", $"There is no run '{id}'. List runs with GET /api/runs.", "id")));
}
