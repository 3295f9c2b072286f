using Xunit;

namespace FineTune.Testing.Durable.Http;

public abstract partial class DurableManagementContract
{
    [Theory]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/raiseEvent/any")]
    [InlineData("POST", "/terminate")]
    [InlineData("POST", "/suspend")]
    [InlineData("POST", "/resume")]
    public async Task AnyCall_UnknownInstance_Is404WithoutABody(string method, string path)
    {
        var answer = await Management.SendAsync(new HttpMethod(method), $"/instances/{NewId()}{path}");

        Assert.Equal((404, ""), (answer.Status, answer.Body));
    }

    [Theory]
    [InlineData("PUT", "/instances/x")]
    [InlineData("POST", "/instances")]
    [InlineData("GET", "/instances/x/terminate")]
    [InlineData("DELETE", "/instances/x/restart")]
    [InlineData("GET", "/orchestrators/TrainEpoch")]
    [InlineData("POST", "/instances/x/nothing")]
    [InlineData("GET", "/nothing")]
    public async Task AnyCall_WrongVerbOrPath_Is404(string method, string path)
    {
        var answer = await Management.SendAsync(new HttpMethod(method), path);

        Assert.Equal(404, answer.Status);
    }

    [Fact]
    public async Task RaiseEvent_Json_Is202WithoutABodyAndArrives()
    {
        var id = await StartWaiterAsync();

        var answer = await Management.PostAsync(
            $"/instances/{id}/RAISEEVENT/{EpochProbe.EventName.ToUpperInvariant()}", EpochProbe.Result(id));

        Assert.Equal((202, ""), (answer.Status, answer.Body));
        await Management.UntilAsync(id, "Completed");
    }

    [Fact]
    public async Task RaiseEvent_NotJson_Is400ButOnlyWhileItRuns()
    {
        var id = await StartWaiterAsync();

        var text = await Management.SendAsync(HttpMethod.Post, $"/instances/{id}/raiseEvent/any", "1", "text/plain");
        Assert.Equal((400, """{"Message":"Only application/json request content is supported"}"""), (text.Status, text.Body));
        var broken = await Management.PostAsync($"/instances/{id}/raiseEvent/any", "{ no");
        Assert.Equal((400, "Invalid JSON content"), (broken.Status, (string?)broken.Json["Message"]));
        await RaiseAsync(id, EpochProbe.Result(id));
        await Management.UntilAsync(id, "Completed");
        Assert.Equal(410, (await Management.SendAsync(HttpMethod.Post, $"/instances/{id}/raiseEvent/any", "1", "text/plain")).Status);
    }

    [Fact]
    public async Task Terminate_Running_EndsWithTheReasonAsOutput()
    {
        var id = await StartWaiterAsync();

        var answer = await Management.PostAsync($"/instances/{id}/terminate?reason=not%20needed");

        Assert.Equal((202, ""), (answer.Status, answer.Body));
        Assert.Equal("not needed", (string?)(await Management.UntilAsync(id, "Terminated")).Json["output"]);
        Assert.Equal(200, (await Management.GetAsync($"/instances/{id}")).Status);
    }

    [Theory]
    [InlineData("terminate")]
    [InlineData("suspend")]
    [InlineData("resume")]
    public async Task Control_EndedInstance_Is410(string operation)
    {
        var id = await StartCompletedAsync();

        Assert.Equal(410, (await Management.PostAsync($"/instances/{id}/{operation}?reason=late")).Status);
    }

    [Fact]
    public async Task SuspendAndResume_OnlyInTheRightState()
    {
        var id = await StartWaiterAsync();

        Assert.Equal(500, (await Management.PostAsync($"/instances/{id}/resume")).Status);
        Assert.Equal(202, (await Management.PostAsync($"/instances/{id}/suspend?reason=night")).Status);
        Assert.Equal(202, (await Management.UntilAsync(id, "Suspended")).Status);
        Assert.Equal(500, (await Management.PostAsync($"/instances/{id}/suspend")).Status);
        await RaiseAsync(id, EpochProbe.Result(id));
        Assert.Equal(202, (await Management.PostAsync($"/instances/{id}/resume?reason=day")).Status);

        await Management.UntilAsync(id, "Completed");
    }

    [Fact]
    public async Task Rewind_OnlyFailedInstancesAndOnlyWhereTheEngineCan()
    {
        var unknown = await Management.PostAsync($"/instances/{NewId()}/rewind");
        Assert.Equal(404, unknown.Status);
        Assert.NotEmpty((string)unknown.Json!);
        var running = await Management.PostAsync($"/instances/{await StartWaiterAsync()}/rewind");
        Assert.Equal(412, running.Status);
        Assert.NotEmpty((string)running.Json!);
        Assert.Equal(412, (await Management.PostAsync($"/instances/{await StartCompletedAsync()}/rewind")).Status);

        Assert.Contains((await Management.PostAsync($"/instances/{await StartFailedAsync()}/rewind?reason=again")).Status, new[] { 202, 501 });
    }

    [Fact]
    public async Task Purge_One_OnlyWhenItHasEnded()
    {
        var id = await StartWaiterAsync();

        var early = await Management.DeleteAsync($"/instances/{id}");
        Assert.Equal(412, early.Status);
        Assert.NotEmpty((string)early.Json!);
        await RaiseAsync(id, EpochProbe.Result(id));
        await Management.UntilAsync(id, "Completed");
        var answer = await Management.DeleteAsync($"/instances/{id}");

        Assert.Equal((200, """{"instancesDeleted":1}"""), (answer.Status, answer.Body));
        Assert.Equal(404, (await Management.GetAsync($"/instances/{id}")).Status);
    }

    [Fact]
    public async Task Purge_Many_TakesTheEndedOnesOfTheTime()
    {
        var (running, ended) = (await StartWaiterAsync(), await StartCompletedAsync());
        var created = DateTime.Parse(
            (string)(await Management.GetAsync($"/instances/{ended}")).Json["createdTime"]!,
            System.Globalization.CultureInfo.InvariantCulture,
            System.Globalization.DateTimeStyles.AdjustToUniversal);
        var time = $"createdTimeFrom={created:s}Z&createdTimeTo={created.AddSeconds(1):s}Z";

        Assert.Equal(404, (await Management.DeleteAsync($"/instances?{time}&runtimeStatus=Canceled")).Status);
        var answer = await Management.DeleteAsync($"/instances?{time}&runtimeStatus=Completed");

        Assert.Equal(200, answer.Status);
        Assert.Equal(["instancesDeleted"], answer.Names);
        Assert.InRange((int)answer.Json["instancesDeleted"]!, 1, int.MaxValue);
        Assert.Equal(404, (await Management.GetAsync($"/instances/{ended}")).Status);
        Assert.Equal(202, (await Management.GetAsync($"/instances/{running}")).Status);
    }

    [Fact]
    public async Task Purge_ManyWithoutATime_Is400()
    {
        var answer = await Management.DeleteAsync("/instances?runtimeStatus=Completed");

        Assert.Equal(400, answer.Status);
        Assert.Equal("Please provide value for 'createdTimeFrom' parameter.", (string?)answer.Json);
    }
}
