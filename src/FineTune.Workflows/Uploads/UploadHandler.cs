using System.Diagnostics;
using System.Text.Json;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Runs;
using Microsoft.Extensions.Logging;

namespace FineTune.Workflows.Uploads;

/// <summary>
/// Starts a run for an upload into a folder that holds a run template, <c>finetune.json</c>: the body of <c>POST /api/runs</c> without
/// <c>train_data_path</c>. One upload, one run: the run's id is a hash of the blob's URL and ETag. A template that cannot become a run
/// gives a failed run that says why.
/// </summary>
public sealed class UploadHandler(RunService runs, IBlobStore blobs, ILogger<UploadHandler> logger)
{
    public const string TemplateName = "finetune.json";

    public async Task HandleAsync(string body, DurableTaskClient client, CancellationToken cancellationToken = default)
    {
        var upload = BlobCreatedEvent.Read(body);
        if (upload is null)
        {
            logger.LogWarning("A message that tells of no upload is ignored; send Event Grid's {Type} events only", BlobCreatedEvent.BlobCreated);
            return;
        }

        if (!TryGetPath(upload.Subject, out var path) || path.FileName == TemplateName)
        {
            return;
        }

        using var span = Traces.Start("upload", ActivityKind.Consumer);
        var slash = path.Name.LastIndexOf('/');
        var template = path with { Name = $"{path.Name[..Math.Max(slash, 0)]}/{TemplateName}" };
        if (slash < 0 || await blobs.ReadTextAsync(template, cancellationToken) is not { } text)
        {
            return;
        }

        var id = RunId(upload.Data.Url, upload.Data.ETag);
        var (request, unreadable) = Read(text, template);
        request = request with { TrainDataPath = path.ToString() };
        var (run, faults) = unreadable is null
            ? await runs.CreateAsync(client, request, id, cancellationToken)
            : (null, [unreadable]);
        if (run is null)
        {
            var inTemplate = faults.Select(fault => fault with { File = fault.File ?? template.ToString() }).ToList();
            await RunService.RefuseAsync(client, id, request, inTemplate, cancellationToken);
            logger.LogError("Upload {Path} is the failed run {RunId}: {Faults}", path, id, string.Join(" ", faults.Select(fault => fault.Message)));
        }
        else
        {
            logger.LogInformation("Upload {Path} is run {RunId}", path, run.Id);
        }
    }

    private static (RunRequest Request, Fault? Fault) Read(string text, BlobPath template)
    {
        try
        {
            return (WireJson.Deserialize<RunRequest>(text), null);
        }
        catch (JsonException unreadable)
        {
            var fault = Fault.Caller(
                RefusedRun.Phase, "template_invalid", $"The run template {template} cannot be read: {unreadable.Message} Mend it and upload the data again.");
            return (new RunRequest(), fault with { Line = unreadable.LineNumber + 1 });
        }
    }

    /// <summary>The same for every delivery of one upload, another for an overwrite.</summary>
    public static string RunId(string url, string etag) =>
        RunService.IdOf("upload", $"{url}\n{etag.Trim('"')}");

    /// <summary>Reads <c>/blobServices/default/containers/{container}/blobs/{name}</c>.</summary>
    private static bool TryGetPath(string subject, out BlobPath path)
    {
        const string Containers = "/containers/";
        const string Blobs = "/blobs/";
        path = default;
        var container = subject.IndexOf(Containers, StringComparison.Ordinal);
        var blob = container < 0 ? -1 : subject.IndexOf(Blobs, container, StringComparison.Ordinal);
        if (blob < 0)
        {
            return false;
        }

        path = new BlobPath(subject[(container + Containers.Length)..blob], subject[(blob + Blobs.Length)..]);
        return true;
    }
}
