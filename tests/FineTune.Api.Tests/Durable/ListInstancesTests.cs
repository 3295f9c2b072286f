using System.Net;
using System.Text.Json.Nodes;

namespace FineTune.Api.Tests.Durable;

public sealed class ListInstancesTests
{
    [Theory]
    [InlineData("", "two,one,b,a")]
    [InlineData("?runtimeStatus=Completed", "two,one")]
    [InlineData("?runtimeStatus=Running,Failed", "b,a")]
    [InlineData("?runtimeStatus=Failed&runtimeStatus=Completed", "two,one")]
    [InlineData("?runtimeStatus=running", "two,one,b,a")]
    [InlineData("?instanceIdPrefix=on", "one")]
    [InlineData("?createdTimeFrom=2026-06-04T10:48:00Z", "two,one")]
    [InlineData("?createdTimeTo=2026-06-04T10:48:00Z", "b,a")]
    [InlineData("?top=3", "two,one,b")]
    public async Task List_Filters_SelectNewestFirst(string query, string expected)
    {
        await using var host = await StartAsync();

        Assert.Equal(expected, string.Join(',', Ids(await host.TextAsync(DurableManagementHost.Instances + query))));
    }

    [Fact]
    public async Task List_Elements_HaveTheFormOfTheStatus()
    {
        await using var host = await StartAsync();

        var list = JsonNode.Parse(await host.TextAsync(DurableManagementHost.Instances + "?showInput=false"))!.AsArray();

        Assert.Equal(await host.TextAsync(DurableManagementHost.Instances + "/two?showInput=false"), list[0]!.ToJsonString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task List_InPages_IsCompleteThoughManyShareAMoment(bool purgeBetween)
    {
        await using var host = await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            await host.StartInstanceAsync("Echo", $"same-{i}", "x");
        }

        var seen = new List<string>();
        var token = "";
        do
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, DurableManagementHost.Instances + "?top=2");
            request.Headers.Add("x-ms-continuation-token", token);
            var answer = await host.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            seen.AddRange(Ids(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)));
            token = answer.Headers.TryGetValues("x-ms-continuation-token", out var next) ? next.Single() : "";
            if (purgeBetween && seen.Count == 2)
            {
                await host.Client.PurgeInstanceAsync(seen[^1], TestContext.Current.CancellationToken);
            }
        }
        while (token.Length > 0);

        var complete = (string[])["same-4", "same-3", "same-2", "same-1", "same-0", "two", "one", "b", "a"];
        Assert.Equal(complete, purgeBetween ? seen.Distinct() : seen);
    }

    private static IEnumerable<string> Ids(string json) => JsonNode.Parse(json)!.AsArray().Select(i => (string)i!["instanceId"]!);

    private static async Task<DurableManagementHost> StartAsync()
    {
        var host = await DurableManagementHost.StartAsync();
        foreach (var (name, id) in ((string, string)[])[("Waiter", "a"), ("Waiter", "b"), ("Echo", "one"), ("Echo", "two")])
        {
            await host.StartInstanceAsync(name, id, "x");
            host.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        return host;
    }
}
