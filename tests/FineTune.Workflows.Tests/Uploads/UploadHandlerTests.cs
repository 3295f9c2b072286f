using System.Text.Json;
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

    private static async Task HandleAsync(WorkflowHost host, string name, string etag)
    {
        var upload = new BlobCreatedEvent(
            "1",
            BlobCreatedEvent.Type,
            $"/blobServices/default/containers/datasets/blobs/{name}",
            host.Clock.GetUtcNow(),
            new BlobCreatedData($"https://account.blob.core.windows.net/datasets/{name}", etag));
        await host.Get<UploadHandler>().HandleAsync(JsonSerializer.Serialize(upload, UploadHandler.EventJson), host.Client);
        await host.SettleAsync();
    }

    private static async Task<List<RunView>> ListAsync(WorkflowHost host) =>
        await host.Runs.ListAsync(host.Client).ToListAsync(TestContext.Current.CancellationToken);
}
