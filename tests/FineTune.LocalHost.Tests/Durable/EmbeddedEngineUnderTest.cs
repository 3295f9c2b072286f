using FineTune.LocalHost.Durable;
using FineTune.Testing.Durable;
using FineTune.Workflows.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FineTune.LocalHost.Tests.Durable;

/// <summary>The embedded engine on a database of its own and a fake clock.</summary>
internal sealed class EmbeddedEngineUnderTest : DurableEngineUnderTest
{
    private readonly DurableTaskRegistry registry;
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("durable-");
    private ServiceProvider services;

    private EmbeddedEngineUnderTest(DurableTaskRegistry registry, Func<DurableEngineOptions, DurableEngineOptions> configure)
    {
        this.registry = registry;
        Options = configure(new DurableEngineOptions(Path.Combine(directory.FullName, "durable.db")) { FlushesEveryCommit = false });
        services = Build();
    }

    public FakeTimeProvider Clock { get; } = new();

    public DurableEngineOptions Options { get; set; }

    public override DurableTaskClient Client => services.GetRequiredService<DurableTaskClient>();

    public override DateTimeOffset Now => Clock.GetUtcNow();

    public static async Task<EmbeddedEngineUnderTest> StartAsync(
        DurableTaskRegistry registry, Func<DurableEngineOptions, DurableEngineOptions>? configure = null)
    {
        var engine = new EmbeddedEngineUnderTest(registry, configure ?? (options => options));
        await engine.Worker.StartAsync(CancellationToken.None);
        return engine;
    }

    public T Get<T>()
        where T : notnull => services.GetRequiredService<T>();

    public override Task SettleAsync() => Get<EngineSignals>().WhenIdleAsync().WaitAsync(Patience);

    public override async Task AdvanceAsync(TimeSpan time)
    {
        await SettleAsync();
        Clock.Advance(time);
        await SettleAsync();
    }

    public override Task CrashAsync() => RestartAsync(registry);

    public override Task DeployAsync(string defaultVersion)
    {
        Options = Options with { DefaultVersion = defaultVersion };
        return CrashAsync();
    }

    /// <summary>Dies without waiting for anything and starts again, perhaps with other code.</summary>
    public async Task RestartAsync(DurableTaskRegistry code)
    {
        await Worker.DisposeAsync();
        await services.DisposeAsync();
        services = Build(code);
        await Worker.StartAsync(CancellationToken.None);
    }

    /// <summary>Stops as a host does.</summary>
    public Task StopAsync(CancellationToken patience) => Worker.StopAsync(patience);

    public override async ValueTask DisposeAsync()
    {
        await services.DisposeAsync();
        directory.Delete(recursive: true);
    }

    private DurableWorker Worker => Get<DurableWorker>();

    private ServiceProvider Build(DurableTaskRegistry? code = null) => new ServiceCollection()
        .AddLogging()
        .AddScoped<ScopedService>()
        .AddSingleton<TimeProvider>(Clock)
        .AddSingleton(code ?? registry)
        .AddDurableEngine(Options)
        .BuildServiceProvider();
}

/// <summary>Tells scopes apart.</summary>
internal sealed class ScopedService;
