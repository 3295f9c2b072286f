using FineTune.Api.Durable;
using FineTune.LocalHost.Durable;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FineTune.Api.Tests.Durable;

/// <summary>The management API on the real embedded engine; its clock stands still unless told otherwise.</summary>
internal sealed class DurableManagementHost : IAsyncDisposable
{
    public const string Instances = DurableManagementEndpoints.Prefix + "/instances";

    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("durable-api-");
    private readonly WebApplication app;

    private DurableManagementHost()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddSingleton(Registry());
        builder.Services.AddDurableEngine(new DurableEngineOptions(Path.Combine(directory.FullName, "durable.db")));
        app = builder.Build();
        app.MapDurableManagement();
        app.MapGet("/links/{id}", (string id, Microsoft.AspNetCore.Http.HttpRequest request) => DurableManagementPayload.For(request, id));
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 6, 4, 10, 46, 39, 900, TimeSpan.Zero));

    public DurableTaskClient Client => app.Services.GetRequiredService<DurableTaskClient>();

    public HttpClient Http { get; private set; } = null!;

    public static async Task<DurableManagementHost> StartAsync()
    {
        var host = new DurableManagementHost();
        await host.app.StartAsync();
        host.Http = host.app.GetTestClient();
        return host;
    }

    public Task SettleAsync() => app.Services.GetRequiredService<EngineSignals>().WhenIdleAsync();

    /// <summary>Starts an orchestrator and lets it get as far as it can.</summary>
    public async Task StartInstanceAsync(string name, string id, object? input = null, string? version = null)
    {
        await Client.ScheduleNewOrchestrationInstanceAsync(name, input, new StartOrchestrationOptions(id, Version: version));
        await SettleAsync();
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        return await Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public async Task<string> TextAsync(string path) => await (await GetAsync(path)).Content.ReadAsStringAsync();

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        directory.Delete(recursive: true);
    }

    private static DurableTaskRegistry Registry() => new DurableTaskRegistry()
        .AddOrchestrator<object?, string>("Waiter", (context, _) =>
        {
            context.SetCustomStatus(new { step = "waiting" });
            return context.WaitForExternalEvent<string>("go");
        })
        .AddOrchestrator<string, string>("Echo", (context, text) => context.CallActivityAsync<string>("Same", text))
        .AddOrchestrator<string, string>("Parent", (context, _) =>
            context.CallSubOrchestratorAsync<string>("Waiter", 7, new SubOrchestrationOptions(InstanceId: context.InstanceId + ":child")))
        .AddOrchestrator<object?, string>("Unlucky", (context, _) => context.CallActivityAsync<string>("Break"))
        .AddOrchestrator<object?, string>("Broken", (_, _) => throw new FormatException("it broke"))
        .AddActivity<string, string>("Same", (_, text) => Task.FromResult(text))
        .AddActivity<string?, string>("Break", (_, _) => throw new FormatException("no luck"));
}
