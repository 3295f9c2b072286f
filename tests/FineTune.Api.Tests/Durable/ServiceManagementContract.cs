using FineTune.Api.Tests.Support;
using FineTune.Testing.Durable.Http;

namespace FineTune.Api.Tests.Durable;

/// <summary>
/// The contract, held against the host that <c>FINETUNE_CONTRACT_BASE_URL</c> names, e.g. a Functions host at
/// <c>http://localhost:7071?code=…</c>, otherwise against this repository's own over real HTTP.
/// </summary>
public sealed class ServiceManagementContract(ManagedHost host) : DurableManagementContract, IClassFixture<ManagedHost>
{
    protected override ManagementClient Management => host.Client;
}

/// <summary>One host for all tests of the contract.</summary>
public sealed class ManagedHost : IAsyncLifetime
{
    private ApiHost? own;

    public ManagementClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (ManagementClient.FromEnvironment() is { } client)
        {
            Client = client;
            return;
        }

        own = await ApiHost.StartAsync(overHttp: true);
        Client = new ManagementClient(own.Address);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (own is not null)
        {
            await own.DisposeAsync();
        }
    }
}
