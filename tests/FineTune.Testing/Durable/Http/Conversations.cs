namespace FineTune.Testing.Durable.Http;

/// <summary>
/// The conversations that are recorded with the real host. Each step waits until the instances are where they must be, so that both hosts
/// have the same to tell. They start the service's own <c>TrainEpoch</c>; no trainer may listen.
/// </summary>
public static class Conversations
{
    private const string Start = "/orchestrators/" + EpochProbe.Orchestrator;
    private const string Everything = "?showHistory=true&showHistoryOutput=true";

    public static IReadOnlyDictionary<string, Func<Conversation, Task>> All { get; } = new Dictionary<string, Func<Conversation, Task>>
    {
        ["start"] = StartAsync,
        ["start-and-wait"] = StartAndWaitAsync,
        ["status"] = StatusAsync,
        ["list"] = ListAsync,
        ["raise-event"] = RaiseEventAsync,
        ["control"] = ControlAsync,
        ["rewind"] = RewindAsync,
        ["restart"] = RestartAsync,
        ["purge"] = PurgeAsync,
    };

    private static async Task StartAsync(Conversation talk)
    {
        var id = talk.Id("id");
        await talk.SayAsync("POST", $"{Start}/{id}", "not JSON");
        await talk.SayAsync("GET", $"/instances/{id}");
        await talk.SayAsync("POST", $"{Start}/{id}", Input(talk, id));
        await talk.SettledAsync(id);
        await talk.SayAsync("POST", $"{Start}/{id}", Input(talk, id));
        await talk.SayAsync("GET", $"/instances/{id}");

        var old = talk.Id("old");
        await talk.SayAsync("POST", $"{Start}/{old}?version=0.9", Input(talk, old));
        await talk.SettledAsync(old);
        await talk.SayAsync("GET", $"/instances/{old}?showInput=false");

        var made = await talk.SayAsync("POST", Start, learn: "made by the host");
        await talk.UntilAsync((string)made.Json["id"]!, "Failed");
        await talk.SayAsync("GET", $"/instances/{(string)made.Json["id"]!}");
    }

    private static async Task StartAndWaitAsync(Conversation talk)
    {
        await talk.SayAsync("POST", $"{Start}/{talk.Id("too short")}?timeout=1&pollingInterval=2.5", "{}");
        await talk.SayAsync("POST", $"{Start}/{talk.Id("no number")}?timeout=NaN&pollingInterval=1", "{}");
        await talk.SayAsync("POST", $"{Start}/{talk.Id("too long")}?timeout=1e300&pollingInterval=1", "{}");
        await talk.SayAsync("POST", $"{Start}/{talk.Id("fails")}?timeout=60&pollingInterval=0.2", "{}");

        var waits = talk.Id("waits");
        await talk.SayAsync("POST", $"{Start}/{waits}?timeout=0.2&pollingInterval=0.1", Input(talk, waits));
        var negative = talk.Id("negative");
        await talk.SayAsync("POST", $"{Start}/{negative}?timeout=-1&pollingInterval=-2", Input(talk, negative));

        var ends = talk.Id("ends");
        var start = talk.SayAsync("POST", $"{Start}/{ends}?timeout=60&pollingInterval=0.2", Input(talk, ends));
        await talk.SettledAsync(ends);
        await talk.SayAsync("POST", $"/instances/{ends}/raiseEvent/{EpochProbe.EventName}", Result(talk, ends));
        await start;
    }

    private static async Task StatusAsync(Conversation talk)
    {
        await talk.SayAsync("GET", $"/instances/{talk.Id("unknown")}{Everything}");

        var id = talk.Id("id");
        await StartAndSettleAsync(talk, id);
        await talk.SayAsync("GET", $"/Instances/{id}/{Everything}");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/{EpochProbe.EventName}", Result(talk, id));
        await talk.UntilAsync(id, "Completed");
        foreach (var query in (string[])["", "?showInput=false", "?showHistory=true", Everything, Everything + "&showInput=false"])
        {
            await talk.SayAsync("GET", $"/instances/{id}{query}");
        }

        var failed = talk.Id("failed");
        await talk.SayAsync("POST", $"{Start}/{failed}", "{}");
        await talk.UntilAsync(failed, "Failed");
        await talk.SayAsync("GET", $"/instances/{failed}{Everything}");
        await talk.SayAsync("GET", $"/instances/{failed}?returnInternalServerErrorOnFailure=true");
    }

    private static async Task ListAsync(Conversation talk)
    {
        // The newest has the first id: storage lists by id, the embedded engine by age.
        var prefix = talk.Id("list");
        await StartAndSettleAsync(talk, prefix + "-b");
        await talk.SayAsync("POST", $"{Start}/{prefix}-a", "{}");
        await talk.UntilAsync(prefix + "-a", "Failed");
        string[] filters =
        [
            "", "&showInput=false", "&runtimeStatus=Running", "&runtimeStatus=Failed,Completed", "&runtimeStatus=Running&runtimeStatus=Failed",
            "&runtimeStatus=running", "&runtimeStatus=none", "&createdTimeFrom=2999-01-01T00:00:00Z", "&createdTimeTo=2020-01-01T00:00:00Z",
            "&createdTimeFrom=tomorrow&top=many",
        ];
        foreach (var filter in filters)
        {
            await talk.SayAsync("GET", $"/instances?instanceIdPrefix={prefix}{filter}");
        }

        var page = await talk.SayAsync("GET", $"/instances?instanceIdPrefix={prefix}&top=1");
        await talk.SayAsync("GET", $"/instances?instanceIdPrefix={prefix}&top=1", continuationToken: page.Header("x-ms-continuation-token"));
    }

    private static async Task RaiseEventAsync(Conversation talk)
    {
        await talk.SayAsync("POST", $"/instances/{talk.Id("unknown")}/raiseEvent/any", "{ broken");

        var id = talk.Id("id");
        await StartAndSettleAsync(talk, id);
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any", "1", "text/plain");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any", "{}", "application/cloudevents+json");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any", "");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any", "{ broken");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any", """{"cut":""");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any", "null");
        await talk.SayAsync("POST", $"/instances/{id}/RaiseEvent/{EpochProbe.EventName.ToUpperInvariant()}", Result(talk, id));
        await talk.UntilAsync(id, "Completed");
        await talk.SayAsync("POST", $"/instances/{id}/raiseEvent/any", "{ broken");
    }

    private static async Task ControlAsync(Conversation talk)
    {
        foreach (var verb in (string[])["suspend", "resume", "terminate"])
        {
            await talk.SayAsync("POST", $"/instances/{talk.Id("unknown")}/{verb}?reason=why");
        }

        var id = talk.Id("id");
        await StartAndSettleAsync(talk, id);
        await talk.SayAsync("POST", $"/instances/{id}/resume?reason=early");
        await talk.SayAsync("POST", $"/instances/{id}/suspend?reason=night");
        await talk.UntilAsync(id, "Suspended");
        await talk.SayAsync("POST", $"/instances/{id}/suspend?reason=again");
        await talk.SayAsync("GET", $"/instances/{id}{Everything}");
        await talk.SayAsync("POST", $"/instances/{id}/resume?reason=day");
        await talk.UntilAsync(id, "Running");
        await talk.SayAsync("GET", $"/instances/{id}");
        await talk.SayAsync("POST", $"/instances/{id}/terminate?reason=not%20needed");
        await talk.UntilAsync(id, "Terminated");
        await talk.SayAsync("GET", $"/instances/{id}{Everything}");
        foreach (var verb in (string[])["suspend", "resume", "terminate"])
        {
            await talk.SayAsync("POST", $"/instances/{id}/{verb}?reason=late");
        }

        var quiet = talk.Id("without reasons");
        await StartAndSettleAsync(talk, quiet);
        await talk.SayAsync("POST", $"/instances/{quiet}/suspend");
        await talk.UntilAsync(quiet, "Suspended");
        await talk.SayAsync("POST", $"/instances/{quiet}/terminate");
        await talk.UntilAsync(quiet, "Terminated");
        await talk.SayAsync("GET", $"/instances/{quiet}{Everything}");
    }

    private static async Task RewindAsync(Conversation talk)
    {
        await talk.SayAsync("POST", $"/instances/{talk.Id("unknown")}/rewind?reason=why");
        var id = talk.Id("id");
        await StartAndSettleAsync(talk, id);
        await talk.SayAsync("POST", $"/instances/{id}/rewind?reason=why");
        await talk.SayAsync("POST", $"/instances/{id}/terminate?reason=end");
        await talk.UntilAsync(id, "Terminated");
        await talk.SayAsync("POST", $"/instances/{id}/rewind?reason=why");
    }

    private static async Task RestartAsync(Conversation talk)
    {
        var (unknown, id, other) = (talk.Id("unknown"), talk.Id("id"), talk.Id("other"));
        await talk.SayAsync("POST", $"/instances/{unknown}/restart");
        await talk.SayAsync("POST", $"/instances/{unknown}/restartWithOptions");
        await talk.SayAsync("POST", $"/instances/{unknown}/restartWithOptions?newInstanceId={other}");

        await StartAndSettleAsync(talk, id);
        await talk.SayAsync("POST", $"/instances/{id}/restart?restartWithNewInstanceId=false");
        await talk.SayAsync("POST", $"/instances/{id}/restartWithOptions?newInstanceId={id}");
        var made = (string)(await talk.SayAsync("POST", $"/instances/{id}/restart", learn: "made by the host")).Json["id"]!;
        await talk.SettledAsync(made);
        await talk.SayAsync("GET", $"/instances/{made}");
        await talk.SayAsync("POST", $"/instances/{id}/restartWithOptions?newInstanceId={other}&version=0.9");
        await talk.SettledAsync(other);
        await talk.SayAsync("GET", $"/instances/{other}?showHistory=true");

        await talk.SayAsync("POST", $"/instances/{id}/terminate?reason=end");
        await talk.UntilAsync(id, "Terminated");
        await talk.SayAsync("POST", $"/instances/{id}/restart?restartWithNewInstanceId=false");
        await talk.SettledAsync(id);
        await talk.SayAsync("GET", $"/instances/{id}");
    }

    private static async Task PurgeAsync(Conversation talk)
    {
        await talk.SayAsync("DELETE", $"/instances/{talk.Id("unknown")}");
        await talk.SayAsync("DELETE", "/instances");
        await talk.SayAsync("DELETE", "/instances?createdTimeFrom=yesterday&runtimeStatus=Completed");
        await talk.SayAsync("DELETE", "/instances?createdTimeFrom=2999-01-01T00:00:00Z");

        var id = talk.Id("id");
        await StartAndSettleAsync(talk, id);
        await talk.SayAsync("DELETE", $"/instances/{id}");
        await talk.SayAsync("POST", $"/instances/{id}/terminate?reason=end");
        await talk.UntilAsync(id, "Terminated");
        await talk.SayAsync("DELETE", $"/instances/{id}");
        await talk.SayAsync("DELETE", $"/instances/{id}");
    }

    private static async Task StartAndSettleAsync(Conversation talk, string id)
    {
        await talk.SayAsync("POST", $"{Start}/{id}", Input(talk, id));
        await talk.SettledAsync(id);
    }

    private static string Input(Conversation talk, string id) => talk.Payload(EpochProbe.Input(id), "input");

    private static string Result(Conversation talk, string id) => talk.Payload(EpochProbe.Result(id), "result");
}
