using FineTune.Core.Runs;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Runs;
using FineTune.Workflows.Uploads;

namespace FineTune.Workflows.Tests.Uploads;

public sealed class UploadHandlerTests
{
    private const string Template = """{"model":"finetune/tiny-llama","register_to":"main.demo.watched","task_type":"INSTRUCTION_FINETUNE"}""";

    [Fact]
    public async Task Handle_OneUploadDeliveredTwice_StartsOneRun()
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("in/finetune.json", Template);
        var path = await host.UploadPairsAsync("in/pairs.jsonl", 20);
        await HandleAsync(host, "in/pairs.jsonl", "0x1");
        await HandleAsync(host, "in/pairs.jsonl", "0x1");
        var run = Assert.Single(await ListAsync(host));
        Assert.Equal(path, run.TrainDataPath);
        Assert.Equal("main.demo.watched", run.RegisterTo);
    }

    [Fact]
    public async Task Handle_UploadOverwritten_StartsAnotherRun()
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("in/finetune.json", Template);
        await host.UploadPairsAsync("in/pairs.jsonl", 20);
        await HandleAsync(host, "in/pairs.jsonl", "0x1");
        await HandleAsync(host, "in/pairs.jsonl", "0x2");
        Assert.Equal(2, (await ListAsync(host)).Count);
    }

    [Theory]
    [InlineData("""{"model":""", "template_invalid", 1)]
    [InlineData("null", "template_invalid", null)]
    [InlineData("""{"register_to":"main.demo"}""", "field_required", null)]
    public async Task Handle_BadTemplate_GivesOneVisibleFailedRun(string template, string code, int? line)
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("in/finetune.json", template);
        var path = await host.UploadPairsAsync("in/pairs.jsonl", 20);
        await HandleAsync(host, "in/pairs.jsonl", "0x1");
        await HandleAsync(host, "in/pairs.jsonl", "0x1");

        var run = Assert.Single(await ListAsync(host));
        Assert.Equal((RunStatus.Failed, path), (run.Status, run.TrainDataPath));
        Assert.Equal((code, "az://datasets/in/finetune.json", (long?)line), (run.Fault!.Code, run.Fault.File, run.Fault.Line));
        var told = Assert.Single(await host.Runs.EventsAsync(run.Id, TestContext.Current.CancellationToken));
        Assert.Equal((RunEventTypes.Failed, run.Details), (told.Type, told.Message));
    }

    [Fact]
    public async Task Handle_BadTemplateMended_TheNextUploadRuns()
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("in/finetune.json", "{");
        await host.UploadPairsAsync("in/pairs.jsonl", 20);
        await HandleAsync(host, "in/pairs.jsonl", "0x1");
        await host.UploadAsync("in/finetune.json", Template);
        await HandleAsync(host, "in/pairs.jsonl", "0x2");

        Assert.Equal([RunStatus.Queued, RunStatus.Failed], (await ListAsync(host)).Select(run => run.Status));
    }

    [Theory]
    [InlineData("out/pairs.jsonl")]
    [InlineData("in/finetune.json")]
    [InlineData("pairs.jsonl")]
    public async Task Handle_NoTemplateBesideIt_StartsNothing(string name)
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("in/finetune.json", Template);
        await host.UploadPairsAsync("out/pairs.jsonl", 20);
        await host.UploadPairsAsync("pairs.jsonl", 20);
        await HandleAsync(host, name, "0x1");
        Assert.Empty(await ListAsync(host));
    }

    /// <summary>The documented examples of both schemas, of the same upload.</summary>
    [Fact]
    public async Task Handle_BothSchemas_AreTheSameUpload()
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("in/finetune.json", Template);
        await host.UploadPairsAsync("in/pairs.jsonl", 20);
        const string Data = """
            {"api":"PutBlockList","clientRequestId":"4c5dd7fb","requestId":"9602c3f5","eTag":"\"0x8D4BCC2E4835CD0\"","contentType":"text/plain",
             "contentLength":524288,"blobType":"BlockBlob","url":"https://account.blob.core.windows.net/datasets/in/pairs.jsonl",
             "sequencer":"00000000000004420000000000028963","storageDiagnostics":{"batchId":"b68529f3"}}
            """;
        await DeliverAsync(host, """{"source":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/account",""" +
            """ "subject":"/blobServices/default/containers/datasets/blobs/in/pairs.jsonl","type":"Microsoft.Storage.BlobCreated",""" +
            $$""" "time":"2017-06-26T18:41:00.9584103Z","id":"831e1650","specversion":"1.0","data":{{Data}}}""");
        Assert.Single(await ListAsync(host));
        await DeliverAsync(host, """{"topic":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/account",""" +
            """ "subject":"/blobServices/default/containers/datasets/blobs/in/pairs.jsonl","eventType":"Microsoft.Storage.BlobCreated",""" +
            $$""" "eventTime":"2017-06-26T18:41:00.9584103Z","id":"831e1651","dataVersion":"","metadataVersion":"1","data":{{Data}}}""");
        Assert.Single(await ListAsync(host));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"eventType":"Microsoft.Storage.BlobDeleted","subject":"/blobServices/default/containers/datasets/blobs/in/pairs.jsonl","data":{"url":"u","eTag":"e"}}""")]
    [InlineData("""{"type":"Microsoft.Storage.BlobCreated","subject":"/blobServices/default/containers/datasets/blobs/in/pairs.jsonl","data":{}}""")]
    public async Task Handle_AnotherMessage_StartsNothing(string message)
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("in/finetune.json", Template);
        await host.UploadPairsAsync("in/pairs.jsonl", 20);
        await DeliverAsync(host, message);
        Assert.Empty(await ListAsync(host));
    }

    private static async Task DeliverAsync(WorkflowHost host, string message)
    {
        await host.Get<UploadHandler>().HandleAsync(message, host.Client);
        await host.SettleAsync();
    }

    private static async Task HandleAsync(WorkflowHost host, string name, string etag)
    {
        var upload = new BlobCreatedEvent(
            $"/blobServices/default/containers/datasets/blobs/{name}",
            new BlobCreatedData($"https://account.blob.core.windows.net/datasets/{name}", etag),
            EventType: BlobCreatedEvent.BlobCreated);
        await DeliverAsync(host, upload.ToMessage());
    }

    private static async Task<List<RunView>> ListAsync(WorkflowHost host) =>
        await host.Runs.ListAsync(host.Client).ToListAsync(TestContext.Current.CancellationToken);
}
