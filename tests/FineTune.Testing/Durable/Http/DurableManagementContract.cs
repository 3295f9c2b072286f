using Xunit;

namespace FineTune.Testing.Durable.Http;

/// <summary>
/// What every host of the durable management API answers: extension 3.19 of Azure Durable Functions, row by row. Instances have ids of
/// their own, so the suite can run against a host that is in use; purging many is limited to the moment it starts one.
/// </summary>
public abstract partial class DurableManagementContract
{
    /// <summary>A host that runs the service's orchestrators, without a trainer.</summary>
    protected abstract ManagementClient Management { get; }

    private static string NewId() => "contract-" + Guid.NewGuid().ToString("N");

    /// <summary>An instance that waits.</summary>
    private async Task<string> StartWaiterAsync(string? id = null)
    {
        id ??= NewId();
        var answer = await Management.PostAsync($"/orchestrators/{EpochProbe.Orchestrator}/{id}?version=1.0", EpochProbe.Input(id));
        Assert.Equal(202, answer.Status);
        await Management.UntilAsync(id, "Running");
        return id;
    }

    private async Task<string> StartCompletedAsync(string? id = null)
    {
        id = await StartWaiterAsync(id);
        await RaiseAsync(id, EpochProbe.Result(id));
        await Management.UntilAsync(id, "Completed");
        return id;
    }

    /// <summary>An instance that was sent something it cannot read.</summary>
    private async Task<string> StartFailedAsync()
    {
        var id = await StartWaiterAsync();
        await RaiseAsync(id, "\"no result\"");
        await Management.UntilAsync(id, "Failed");
        return id;
    }

    private async Task RaiseAsync(string id, string payload) =>
        Assert.Equal(202, (await Management.PostAsync($"/instances/{id}/raiseEvent/{EpochProbe.EventName}", payload)).Status);

    private static void AssertLinks(ManagementAnswer answer, string id, string @base)
    {
        Assert.Equal(202, answer.Status);
        Assert.Equal("application/json", answer.MediaType);
        Assert.Equal(
            [
                "id", "statusQueryGetUri", "sendEventPostUri", "terminatePostUri", "purgeHistoryDeleteUri", "restartPostUri",
                "suspendPostUri", "resumePostUri",
            ],
            answer.Names);
        Assert.Equal(id, (string?)answer.Json["id"]);
        var instance = $"{@base}/instances/{id}";
        var hub = "taskHub=FineTuneHub&connection=Storage";
        Assert.StartsWith($"{instance}?{hub}", (string?)answer.Json["statusQueryGetUri"], StringComparison.Ordinal);
        Assert.StartsWith($"{instance}/raiseEvent/{{eventName}}?{hub}", (string?)answer.Json["sendEventPostUri"], StringComparison.Ordinal);
        Assert.StartsWith($"{instance}/terminate?reason={{text}}&{hub}", (string?)answer.Json["terminatePostUri"], StringComparison.Ordinal);
        Assert.StartsWith($"{instance}?{hub}", (string?)answer.Json["purgeHistoryDeleteUri"], StringComparison.Ordinal);
        Assert.StartsWith($"{instance}/restart?{hub}", (string?)answer.Json["restartPostUri"], StringComparison.Ordinal);
        Assert.StartsWith($"{instance}/suspend?reason={{text}}&{hub}", (string?)answer.Json["suspendPostUri"], StringComparison.Ordinal);
        Assert.StartsWith($"{instance}/resume?reason={{text}}&{hub}", (string?)answer.Json["resumePostUri"], StringComparison.Ordinal);
        Assert.Equal((string?)answer.Json["statusQueryGetUri"], answer.Location);
        Assert.Equal("10", answer.Header("Retry-After"));
    }
}
