using System.Text.Json;
using System.Text.Json.Nodes;
using DurableTask.Core;
using FineTune.Core.Json;
using FineTune.Functions.Durable;
using FineTune.Testing.Durable;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MsClient = Microsoft.DurableTask.Client.DurableTaskClient;
using Port = FineTune.Workflows.Durable;

namespace FineTune.Functions.Tests.Durable;

/// <summary>
/// Durable Task's dispatchers and its in-memory store in a server of this process, and its worker and client connected to it as the
/// function app's are to the host. A crash kills the worker; the store, as in Azure, lives on.
/// </summary>
internal sealed class DurableTaskUnderTest : DurableEngineUnderTest
{
    private readonly Port.DurableTaskRegistry registry;
    private readonly ObservedOrchestrationService service;
    private readonly WebApplication server;
    private GrpcChannel channel = null!;
    private IHost worker = null!;
    private Port.DurableTaskClient client = null!;
    private string defaultVersion;

    private readonly TimeSpan patience;

    private DurableTaskUnderTest(
        Port.DurableTaskRegistry registry, int maxConcurrentActivities, string defaultVersion, TimeSpan patience)
    {
        this.patience = patience;
        this.registry = registry;
        this.defaultVersion = defaultVersion;
        service = new ObservedOrchestrationService(maxConcurrentActivities);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
            kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc(options => (options.MaxReceiveMessageSize, options.MaxSendMessageSize) = (null, null));
        builder.Services.AddSingleton(service).AddSingleton<HistoryServer>();
        server = builder.Build();
        server.MapGrpcService<HistoryServer>();
    }

    protected override TimeSpan Patience => patience;

    public override Port.DurableTaskClient Client => client;

    public override DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public static async Task<DurableTaskUnderTest> StartAsync(
        Port.DurableTaskRegistry registry, int maxConcurrentActivities, string defaultVersion, TimeSpan patience)
    {
        var engine = new DurableTaskUnderTest(registry, maxConcurrentActivities, defaultVersion, patience);
        await engine.server.StartAsync();
        await engine.StartWorkerAsync();
        return engine;
    }

    public override async Task SettleAsync()
    {
        service.Touch();
        using var patience = new CancellationTokenSource(Patience);
        await service.WhenQuietAsync(patience.Token);
    }

    /// <summary>The engine's clock is the machine's: its time passes by itself.</summary>
    public override async Task AdvanceAsync(TimeSpan time)
    {
        await SettleAsync();
        using var clock = new PeriodicTimer(time);
        await clock.WaitForNextTickAsync();
        await SettleAsync();
    }

    public override async Task CrashAsync()
    {
        await StopWorkerAsync();
        await StartWorkerAsync();
    }

    public override Task DeployAsync(string defaultVersion)
    {
        this.defaultVersion = defaultVersion;
        return CrashAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await StopWorkerAsync();
        await server.DisposeAsync();
    }

    private async Task StartWorkerAsync()
    {
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { MaxReceiveMessageSize = null, MaxSendMessageSize = null });
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddDurableTaskWorker(durable => durable
            .UseGrpc(channel)
            .UseVersioning(new DurableTaskWorkerOptions.VersioningOptions { DefaultVersion = defaultVersion })
            .Configure(options => options.DataConverter = new JsonDataConverter(WireJson.Options))
            .AddTasks(AddTasks));
        builder.Services.AddDurableTaskClient(durable => durable
            .UseGrpc(channel)
            .UseDefaultVersion(defaultVersion)
            .Configure(options => options.DataConverter = new JsonDataConverter(WireJson.Options)));
        worker = builder.Build();
        await worker.StartAsync();
        client = new AzureDurableClient(worker.Services.GetRequiredService<MsClient>());
    }

    private async Task StopWorkerAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        try
        {
            await worker.StopAsync(atOnce.Token);
        }
        catch (OperationCanceledException)
        {
            // It dies.
        }

        worker.Dispose();
        channel.Dispose();
    }

    /// <summary>As the app's functions do; see <c>Orchestrators</c> and <c>Activities</c>.</summary>
    private void AddTasks(DurableTaskRegistry tasks)
    {
        foreach (var (name, orchestrator) in registry.Orchestrators)
        {
            tasks.AddOrchestratorFunc<JsonElement?, object?>(name, (context, input) => new FunctionContext(context, input).RunAsync(orchestrator));
        }

        foreach (var (name, activity) in registry.Activities)
        {
            tasks.AddActivityFunc<JsonNode?, JsonNode?>(name, async (_, input) =>
            {
                var output = await activity(worker.Services, input?.ToJsonString(WireJson.Options));
                return output is null ? null : JsonNode.Parse(output);
            });
        }
    }

    /// <summary>A function reads its input as any type; an orchestrator of the SDK alone has one.</summary>
    private sealed class FunctionContext(TaskOrchestrationContext inner, JsonElement? input) : AzureOrchestrationContext(inner)
    {
        public override T? GetInput<T>()
            where T : default => input is { } json ? json.Deserialize<T>(WireJson.Options) : default;
    }
}
