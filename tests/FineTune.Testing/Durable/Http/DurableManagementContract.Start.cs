using System.Text.Json.Nodes;
using Xunit;

namespace FineTune.Testing.Durable.Http;

public abstract partial class DurableManagementContract
{
    private const string Orchestrators = "/orchestrators/" + EpochProbe.Orchestrator;

    [Fact]
    public async Task Start_WithId_Is202WithLinksToIt()
    {
        var id = NewId();

        var answer = await Management.PostAsync($"{Orchestrators}/{id}", EpochProbe.Input(id));

        AssertLinks(answer, id, Management.Base);
        var status = (await Management.UntilAsync(id, "Running")).Json;
        Assert.Equal(EpochProbe.Orchestrator, (string?)status["name"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(EpochProbe.Input(id)), status["input"]));
    }

    [Fact]
    public async Task Start_WithoutIdOrBody_MakesAnId()
    {
        var answer = await Management.PostAsync(Orchestrators.ToUpperInvariant().Replace("TRAINEPOCH", "TrainEpoch", StringComparison.Ordinal) + "/");

        var id = (string)answer.Json["id"]!;
        AssertLinks(answer, id, Management.Base);
        Assert.Null((await Management.GetAsync($"/instances/{id}")).Json["input"]);
    }

    [Fact]
    public async Task Start_Version_IsTheInstances()
    {
        var id = NewId();

        await Management.PostAsync($"{Orchestrators}/{id}?version=0.9", EpochProbe.Input(id));

        Assert.Equal("0.9", (string?)(await Management.GetAsync($"/instances/{id}")).Json["version"]);
    }

    [Fact]
    public async Task Start_BodyNotJson_Is400()
    {
        var id = NewId();

        var answer = await Management.PostAsync($"{Orchestrators}/{id}", "{ no");

        Assert.Equal(400, answer.Status);
        Assert.Equal(["Message", "ExceptionMessage", "ExceptionType", "StackTrace"], answer.Names);
        Assert.Equal("Invalid JSON content", (string?)answer.Json["Message"]);
        Assert.Equal(404, (await Management.GetAsync($"/instances/{id}")).Status);
    }

    [Fact]
    public async Task Start_IdOfALiveInstance_Is409AndOfAnEndedOneReplacesIt()
    {
        var id = await StartWaiterAsync();

        var refused = await Management.PostAsync($"{Orchestrators}/{id}", EpochProbe.Input(id));
        Assert.Equal(409, refused.Status);
        Assert.Equal(["Message"], refused.Names);
        await RaiseAsync(id, EpochProbe.Result(id));
        await Management.UntilAsync(id, "Completed");
        Assert.Equal(202, (await Management.PostAsync($"{Orchestrators}/{id}", EpochProbe.Input(id))).Status);

        await Management.UntilAsync(id, "Running");
    }

    [Fact]
    public async Task Start_EndsWithinTheTimeout_Is200WithTheBareOutput()
    {
        var id = NewId();

        var start = Management.PostAsync($"{Orchestrators}/{id}?timeout=60&pollingInterval=0.5", EpochProbe.Input(id));
        await Management.UntilAsync(id, "Running");
        await RaiseAsync(id, EpochProbe.Result(id));
        var answer = await start;

        Assert.Equal(200, answer.Status);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(EpochProbe.Result(id)), answer.Json));
    }

    [Fact]
    public async Task Start_FailsWithinTheTimeout_IsItsStatus()
    {
        var id = NewId();

        var start = Management.PostAsync($"{Orchestrators}/{id}?timeout=60&pollingInterval=0.5", EpochProbe.Input(id));
        await Management.UntilAsync(id, "Running");
        await RaiseAsync(id, "\"no result\"");
        var answer = await start;

        Assert.Equal(200, answer.Status);
        Assert.Equal("Failed", (string?)answer.Json["runtimeStatus"]);
    }

    [Fact]
    public async Task Start_DoesNotEndWithinTheTimeout_Is202WithLinks()
    {
        var id = NewId();

        AssertLinks(await Management.PostAsync($"{Orchestrators}/{id}?timeout=0.2&pollingInterval=0.1", EpochProbe.Input(id)), id, Management.Base);
    }

    [Fact]
    public async Task Start_TimeoutShorterThanTheInterval_Is400()
    {
        var id = NewId();

        var answer = await Management.PostAsync($"{Orchestrators}/{id}?timeout=1&pollingInterval=2", EpochProbe.Input(id));

        Assert.Equal(400, answer.Status);
        Assert.Equal("""{"Message":"Total timeout 1 should be bigger than retry timeout 2"}""", answer.Body);
    }

    [Fact]
    public async Task Restart_ByDefault_StartsANewInstanceWithTheSameInput()
    {
        var id = await StartWaiterAsync();

        var answer = await Management.PostAsync($"/instances/{id}/restart");

        var newId = (string)answer.Json["id"]!;
        Assert.NotEqual(id, newId);
        AssertLinks(answer, newId, Management.Base);
        var (old, restarted) = ((await Management.GetAsync($"/instances/{id}")).Json, (await Management.UntilAsync(newId, "Running")).Json);
        Assert.Equal((string?)old["name"], (string?)restarted["name"]);
        Assert.True(JsonNode.DeepEquals(old["input"], restarted["input"]));
    }

    [Fact]
    public async Task Restart_SameId_NeedsAnEndedInstance()
    {
        var id = await StartWaiterAsync();

        Assert.Equal(409, (await Management.PostAsync($"/instances/{id}/restart?restartWithNewInstanceId=false")).Status);
        await RaiseAsync(id, EpochProbe.Result(id));
        await Management.UntilAsync(id, "Completed");

        AssertLinks(await Management.PostAsync($"/instances/{id}/restart?restartWithNewInstanceId=false"), id, Management.Base);
        await Management.UntilAsync(id, "Running");
    }

    [Fact]
    public async Task Restart_UnknownInstance_Is400()
    {
        var answer = await Management.PostAsync($"/instances/{NewId()}/restart");

        Assert.Equal(400, answer.Status);
        Assert.Equal(["Message", "ExceptionMessage", "ExceptionType", "StackTrace"], answer.Names);
        Assert.Equal("InstanceId does not match a valid orchestration instance.", (string?)answer.Json["Message"]);
    }

    [Fact]
    public async Task RestartWithOptions_NewIdAndVersion_AreTheNewInstances()
    {
        var (id, newId) = (await StartWaiterAsync(), NewId());

        AssertLinks(await Management.PostAsync($"/instances/{id}/restartWithOptions?newInstanceId={newId}&version=0.9"), newId, Management.Base);

        var restarted = (await Management.UntilAsync(newId, "Running")).Json;
        Assert.Equal("0.9", (string?)restarted["version"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(EpochProbe.Input(id)), restarted["input"]));
    }

    [Fact]
    public async Task RestartWithOptions_NoIdUnknownInstanceOrLiveId_IsRefused()
    {
        var id = await StartWaiterAsync();

        Assert.Equal(400, (await Management.PostAsync($"/instances/{id}/restartWithOptions")).Status);
        Assert.Equal(400, (await Management.PostAsync($"/instances/{NewId()}/restartWithOptions?newInstanceId={NewId()}")).Status);
        Assert.Equal(409, (await Management.PostAsync($"/instances/{id}/restartWithOptions?newInstanceId={id}")).Status);
    }
}
