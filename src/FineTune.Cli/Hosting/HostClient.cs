using System.Globalization;
using System.Net;
using System.Text.Json;
using FineTune.Api.Datasets;
using FineTune.Api.Generation;
using FineTune.Api.Models;
using FineTune.Api.Runs;
using FineTune.Core.Generation;
using FineTune.Core.Runs;
using FineTune.LocalHost.Hosting;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Hosting;

/// <summary>A host's HTTP interface.</summary>
public sealed class HostClient(Uri address) : IDisposable
{
    private readonly HostConnection connection = new(address);

    public Uri Address => connection.Address;

    public Task<CreatedRun> CreateRunAsync(RunRequest request, CancellationToken cancellationToken) =>
        connection.PostAsync<CreatedRun>("api/runs", request, cancellationToken);

    public Task<RunView> GetRunAsync(string id, CancellationToken cancellationToken) =>
        connection.GetAsync<RunView>(RunPath(id), cancellationToken);

    /// <summary>Newest first.</summary>
    public Task<List<RunView>> ListRunsAsync(IReadOnlyList<RunStatus> statuses, int? limit, CancellationToken cancellationToken)
    {
        var query = statuses.Select(status => $"status={status}")
            .Concat(limit is { } most ? [string.Create(CultureInfo.InvariantCulture, $"limit={most}")] : []);
        return connection.GetAsync<List<RunView>>("api/runs?" + string.Join('&', query), cancellationToken);
    }

    public Task<RunView> CancelRunAsync(string id, string? reason, CancellationToken cancellationToken) =>
        connection.PostAsync<RunView>(RunPath(id, "/cancel"), new CancelBody(reason), cancellationToken);

    public Task<RunView> PauseRunAsync(string id, CancellationToken cancellationToken) =>
        connection.PostAsync<RunView>(RunPath(id, "/pause"), cancellationToken);

    public Task<RunView> ResumeRunAsync(string id, CancellationToken cancellationToken) =>
        connection.PostAsync<RunView>(RunPath(id, "/resume"), cancellationToken);

    /// <summary>A new run from a checkpoint of an ended one; null takes the newest.</summary>
    public Task<CreatedRun> RestartRunAsync(string id, string? checkpoint, CancellationToken cancellationToken) =>
        connection.PostAsync<CreatedRun>(RunPath(id, "/restart"), new RestartBody(checkpoint), cancellationToken);

    /// <returns>True when the run is gone, false while it is still ending: ask again.</returns>
    public async Task<bool> DeleteRunAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await connection.SendAsync(HttpMethod.Delete, RunPath(id), null, cancellationToken);
        return response.StatusCode != HttpStatusCode.Accepted;
    }

    public Task<List<RunEvent>> EventsAsync(string id, CancellationToken cancellationToken) =>
        connection.GetAsync<List<RunEvent>>(RunPath(id, "/events"), cancellationToken);

    /// <summary>Every step's figures, as the host states them.</summary>
    public Task<List<JsonElement>> MetricsAsync(string id, CancellationToken cancellationToken) =>
        connection.GetAsync<List<JsonElement>>(RunPath(id, "/metrics"), cancellationToken);

    /// <summary>The part of every step's figures that a loss curve shows.</summary>
    public Task<List<LossPoint>> LossesAsync(string id, CancellationToken cancellationToken) =>
        connection.GetAsync<List<LossPoint>>(RunPath(id, "/metrics"), cancellationToken);

    public async Task<string> MetricsCsvAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await connection.SendAsync(HttpMethod.Get, RunPath(id, "/metrics.csv"), null, cancellationToken);
        return await response.Content.ReadAsStringAsync(cancellationToken);
    }

    public Task<List<CheckpointRecord>> CheckpointsAsync(string id, CancellationToken cancellationToken) =>
        connection.GetAsync<List<CheckpointRecord>>(RunPath(id, "/checkpoints"), cancellationToken);

    public Task<List<ModelView>> ModelsAsync(CancellationToken cancellationToken) =>
        connection.GetAsync<List<ModelView>>("api/models", cancellationToken);

    public Task<List<JsonElement>> RegisteredModelsAsync(CancellationToken cancellationToken) =>
        connection.GetAsync<List<JsonElement>>("api/registered-models", cancellationToken);

    /// <param name="path">Below the datasets container, parts joined by '/'.</param>
    public Task<UploadedFile> UploadAsync(string path, HttpContent content, CancellationToken cancellationToken) =>
        connection.SendAsync<UploadedFile>(
            HttpMethod.Put, "api/datasets/" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString)), content, cancellationToken);

    public Task<GenerateResult> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken) =>
        connection.PostAsync<GenerateResult>("api/generate", request, cancellationToken);

    /// <summary>Runs a command of the trainer beside a host on this machine.</summary>
    public Task<TrainerOutcome> RunTrainerAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        connection.PostAsync<TrainerOutcome>(TrainerEndpoints.Path.TrimStart('/'), arguments, cancellationToken);

    public void Dispose() => connection.Dispose();

    private static string RunPath(string id, string rest = "") => $"api/runs/{Uri.EscapeDataString(id)}{rest}";
}

/// <param name="Step">Optimizer steps done, from 1.</param>
/// <param name="Loss">Mean negative log-likelihood of the step's trained tokens, in nats.</param>
public sealed record LossPoint(long Step, double Loss);
