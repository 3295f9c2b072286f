using FineTune.Api.Tests.Support;
using FineTune.Core.Storage;

namespace FineTune.Api.Tests;

public sealed class HealthEndpointsTests
{
    [Fact]
    public async Task Get_StorageReachable_IsOkAndCountsWaitingEpochs()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateRunAsync();
        var (status, body, _) = await host.SendAsync(HttpMethod.Get, "/api/health");

        Assert.Equal(200, status);
        Assert.Equal("""{"status":"ok","region":"eastus2","region_allowed":true,"storage":"ok","epochs_queued":1}""", body!.ToJsonString());
    }

    [Fact]
    public async Task Get_StorageUnreachable_IsUnavailableAndSaysWhy()
    {
        await using var host = await ApiHost.StartAsync(new BrokenQueues());
        var (status, body, _) = await host.SendAsync(HttpMethod.Get, "/api/health");

        Assert.Equal(503, status);
        Assert.Equal(("degraded", "no route"), ((string)body!["status"]!, (string)body["storage"]!));
    }

    private sealed class BrokenQueues : IMessageQueues
    {
        public IMessageQueue Open(string name) => throw new IOException("no route");
    }
}
