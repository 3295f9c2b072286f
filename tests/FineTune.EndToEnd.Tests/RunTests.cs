using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FineTune.Api.Generation;
using FineTune.Api.Models;
using FineTune.Core.Generation;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Runs;

namespace FineTune.EndToEnd.Tests;

/// <summary>One host for the tests that only use it.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private readonly DataFolder data = new();

    public HostProcess Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await HostProcess.StartAsync(data.Path);

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        data.Dispose();
    }
}

public sealed class RunTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private const string Model = "finetune/tiny-llama";
    private readonly HostProcess host = fixture.Host;

    [Fact]
    public async Task InstructionRun_FromUploadToGeneration_RegistersAModelThatLearned()
    {
        var path = await host.UploadAsync("e2e/pairs.jsonl", SampleData.Pairs(400));
        var created = await host.CreateAsync(new RunRequest(
            Model, path, "main.e2e.pairs", TaskType.InstructionFinetune, EvalPrompts: ["Find names: Ada met Bo."], TrainingDuration: "2ep", Seed: 3));
        var run = await host.UntilCompletedAsync(created.Id);

        Assert.Equal(new RegisteredVersion("main.e2e.pairs", 1), run.Registered);
        Assert.Equal(2, run.Metrics!.Epoch);
        Assert.True(run.Metrics.EvalLoss < run.Metrics.InitialEvalLoss, $"{run.Metrics}");
        var checkpoints = await host.GetAsync<List<CheckpointRecord>>($"api/runs/{run.Id}/checkpoints");
        Assert.Equal(["ep1", "ep2"], checkpoints.Select(checkpoint => checkpoint.Name));
        var steps = await host.GetAsync<List<StepMetrics>>($"api/runs/{run.Id}/metrics");
        Assert.Equal(Enumerable.Range(1, (int)run.Progress.TotalSteps).Select(step => (long)step), steps.Select(step => step.Step));
        Assert.True(steps[^1].Loss < steps[0].Loss);
        var types = (await host.GetAsync<List<RunEvent>>($"api/runs/{run.Id}/events")).Select(entry => entry.Type).ToList();
        Assert.Contains("TRAIN_UPDATED", types);
        Assert.Equal(
            [
                "CREATED", "STARTED", "DATA_VALIDATED", "DATA_TOKENIZED", "EPOCH_QUEUED", "MODEL_INITIALIZED", "CHECKPOINT_SAVED",
                "EPOCH_QUEUED", "CHECKPOINT_SAVED", "TRAIN_FINISHED", "EVALUATED", "MODEL_REGISTERED", "COMPLETED",
            ],
            types.Where(type => type is not ("TRAIN_UPDATED" or "WARNING")));

        using var answer = await host.Http.PostAsJsonAsync(
            "api/generate", new GenerateRequest("main.e2e.pairs", Prompts: ["Find names: Ada met Bo."], MaxTokens: 8), WireJson.Options);
        var generated = await answer.Content.ReadFromJsonAsync<GenerateResult>(WireJson.Options);
        Assert.InRange(Assert.Single(generated!.Completions).Tokens, 1, 8);

        var status = await host.Http.GetAsync($"runtime/webhooks/durabletask/instances/{run.Id}");
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
        Assert.Equal("Completed", (await status.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("runtimeStatus").GetString());
    }

    [Fact]
    public async Task ChatRun_OnConversations_LowersTheEvalLoss()
    {
        var path = await host.UploadAsync("e2e/chat.jsonl", SampleData.Chats(200));
        var created = await host.CreateAsync(new RunRequest(Model, path, "main.e2e", TaskType.ChatCompletion, Name: "sums"));
        var run = await host.UntilCompletedAsync(created.Id);
        Assert.Equal("main.e2e.sums", run.Registered!.Name);
        Assert.True(run.Metrics!.EvalLoss < run.Metrics.InitialEvalLoss, $"{run.Metrics}");
    }

    [Fact]
    public async Task PretrainRun_ThenAnotherFromItsWeights_StartsWhereTheFirstEnded()
    {
        await host.UploadAsync("e2e/text/a.txt", SampleData.Text(80));
        var request = new RunRequest(
            Model, "az://datasets/e2e/text", "main.e2e.text", TaskType.ContinuedPretrain, ContextLength: 64, TrainingDuration: "20ba", Seed: 11);
        var first = await host.UntilCompletedAsync((await host.CreateAsync(request)).Id);
        Assert.True(first.Metrics!.EvalLoss < first.Metrics.InitialEvalLoss, $"{first.Metrics}");

        var next = await host.CreateAsync(request with { CustomWeightsPath = "main.e2e.text/1", TrainingDuration = "1ba" });
        var second = await host.UntilCompletedAsync(next.Id);
        Assert.Equal(first.Metrics.EvalLoss!.Value, second.Metrics!.InitialEvalLoss!.Value, 1e-6);
        Assert.Equal(2, second.Registered!.Version);
    }

    [Fact]
    public async Task Cancel_WhileTraining_KeepsAUsableCheckpointAndRegistersNothing()
    {
        var path = await host.UploadAsync("e2e/long.jsonl", SampleData.Pairs(800));
        var created = await host.CreateAsync(new RunRequest(Model, path, "main.e2e.long", TaskType.InstructionFinetune, TrainingDuration: "500ep"));
        await host.UntilAsync(created.Id, run => run.Progress.Step > 5);
        using var canceled = await host.Http.PostAsync($"api/runs/{created.Id}/cancel", null);
        Assert.Equal(HttpStatusCode.OK, canceled.StatusCode);
        var run = await host.UntilAsync(created.Id, run => run.Status == RunStatus.Canceled);
        Assert.Null(run.Registered);
        var checkpoint = (await host.GetAsync<List<CheckpointRecord>>($"api/runs/{created.Id}/checkpoints"))[^1];
        Assert.True(checkpoint.Step > 5);

        var next = await host.CreateAsync(new RunRequest(
            Model, path, "main.e2e.next", TaskType.InstructionFinetune, CustomWeightsPath: checkpoint.Checkpoint.Folder.ToString(), TrainingDuration: "1ba"));
        await host.UntilCompletedAsync(next.Id);

        using var deleted = await host.Http.DeleteAsync($"api/runs/{created.Id}");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await host.Http.GetAsync($"api/runs/{created.Id}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task InvalidData_ManyErrors_FailsBeforeTrainingWithLineAndField()
    {
        var path = await host.UploadAsync("e2e/bad.jsonl", SampleData.Pairs(20) + "{\"prompt\":\"x\"}\nnot json\n");
        var created = await host.CreateAsync(new RunRequest(Model, path, "main.e2e.bad", TaskType.InstructionFinetune));
        var run = await host.UntilAsync(created.Id, run => run.Status == RunStatus.Failed);
        Assert.Equal("validate_data", run.Fault!.Phase);
        Assert.Equal(21, run.Fault.Line);
        Assert.Contains("1 more", run.Fault.Message, StringComparison.Ordinal);
        Assert.Equal(Core.Faults.FaultAttribution.Caller, run.Fault.Attribution);
    }

    [Fact]
    public async Task Upload_IntoAFolderWithATemplate_StartsOneRun()
    {
        await host.UploadAsync(
            "watched/finetune.json",
            """{"model":"finetune/tiny-llama","register_to":"main.e2e.watched","task_type":"INSTRUCTION_FINETUNE","training_duration":"1ba"}""");
        var path = await host.UploadAsync("watched/pairs.jsonl", SampleData.Pairs(20));
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        List<RunView> started;
        do
        {
            await timer.WaitForNextTickAsync(deadline.Token);
            started = [.. (await host.GetAsync<List<RunView>>("api/runs")).Where(run => run.TrainDataPath == path)];
        }
        while (started.Count == 0);
        var completed = await host.UntilCompletedAsync(Assert.Single(started).Id);
        Assert.Equal("main.e2e.watched", completed.Registered!.Name);
    }

    [Fact]
    public async Task Models_OnAFreshHost_ListsTheTinyModelAsImported()
    {
        var models = await host.GetAsync<List<ModelView>>("api/models");
        Assert.True(Assert.Single(models, model => model.Name == Model).Imported);
        Assert.Contains(models, model => model is { Name: "meta-llama/Llama-3.2-1B-Instruct", Imported: false });
    }
}
