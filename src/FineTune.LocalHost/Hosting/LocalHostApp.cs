using System.Globalization;
using FineTune.Api;
using FineTune.Api.Durable;
using FineTune.Core.Faults;
using FineTune.Core.Generation;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.LocalHost.Azurite;
using FineTune.LocalHost.Durable;
using FineTune.LocalHost.Generation;
using FineTune.LocalHost.Queues;
using FineTune.LocalHost.Supervision;
using FineTune.Storage;
using FineTune.Storage.Hub;
using FineTune.Workflows;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Epochs;
using FineTune.Workflows.Uploads;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Hosting;

/// <summary>
/// The whole service in one process: HTTP on loopback, the embedded durable engine, and Azurite, a trainer and a generation server as
/// supervised children. Killed at any moment and started again on the same folder, it goes on where it was.
/// </summary>
public sealed class LocalHostApp : IAsyncDisposable
{
    private const string TinyLlama = "finetune/tiny-llama";
    private const string DefaultRegion = "eastus2";
    private static readonly TimeSpan ResultsPoll = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan UploadsPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan CancelGrace = TimeSpan.FromSeconds(30);

    private readonly ILoggerFactory loggers;
    private readonly Supervisor supervisor;
    private readonly TrainerProgram trainer;
    private WebApplication? app;

    private LocalHostApp(ILoggerFactory loggers, Supervisor supervisor, TrainerProgram trainer) =>
        (this.loggers, this.supervisor, this.trainer) = (loggers, supervisor, trainer);

    /// <summary>Where the service listens.</summary>
    public Uri BaseAddress { get; private set; } = new("http://127.0.0.1");

    public IReadOnlyList<ChildStatus> Children => supervisor.Children;

    /// <exception cref="FaultException">The data folder is in use, the port is taken, or a child cannot be started.</exception>
    public static async Task<LocalHostApp> StartAsync(LocalHostOptions options, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(options.DataDirectory);
        var loggers = LoggerFactory.Create(logging => HostLogging.Configure(logging, options));
        var supervisor = await Supervisor.OpenAsync(options.DataDirectory, loggers, cancellationToken: cancellationToken);
        LocalHostApp? host = null;
        try
        {
            var storage = await StartStorageAsync(options, supervisor, loggers, cancellationToken);
            var trainer = new TrainerProgram(storage.ConnectionString!, Path.Combine(options.DataDirectory, "cache"), options.Setting);
            host = new LocalHostApp(loggers, supervisor, trainer);
            await host.StartAsync(options, storage, cancellationToken);
            return host;
        }
        catch
        {
            await (host?.DisposeAsync() ?? supervisor.DisposeAsync());
            throw;
        }
    }

    /// <summary>Runs one of the trainer's commands on this host's storage.</summary>
    public Task<(int ExitCode, string Output)> RunTrainerAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default) =>
        trainer.RunAsync(arguments, cancellationToken);

    /// <summary>Returns when the process is asked to end.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken = default) => app!.WaitForShutdownAsync(cancellationToken);

    /// <summary>Stops HTTP and the engine, then the children; training hands its job back first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.DisposeAsync();
        }

        await supervisor.DisposeAsync();
        loggers.Dispose();
    }

    private static async Task<StorageOptions> StartStorageAsync(
        LocalHostOptions options, Supervisor supervisor, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var azurite = await new AzuriteInstaller(AzuriteInstaller.DefaultCacheRoot, loggers.CreateLogger<AzuriteInstaller>()).EnsureAsync(cancellationToken);
        var folder = Path.Combine(options.DataDirectory, "azurite");
        var account = AzuriteAccount.LoadOrCreate(Path.Combine(options.DataDirectory, "account.json"), "finetunelocal");
        var server = new AzuriteServer(azurite, new AzuriteOptions([account], folder));
        await supervisor.StartAsync(server.Spec, cancellationToken);
        return new StorageOptions { ConnectionString = server.ConnectionString(account) };
    }

    private async Task StartAsync(LocalHostOptions options, StorageOptions storage, CancellationToken cancellationToken)
    {
        app = Build(options, storage);
        await app.Services.GetRequiredService<StorageProvisioner>().EnsureAsync(cancellationToken);
        if (await app.Services.GetRequiredService<BaseModels>().FindAsync(TinyLlama, cancellationToken) is null)
        {
            await MakeTinyLlamaAsync(options, cancellationToken);
        }

        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException taken)
        {
            throw new FaultException(
                Fault.Caller("start_host", "port_in_use", $"Port {options.Port} cannot be used: {taken.Message} Choose another with --port.", "port"), taken);
        }

        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        BaseAddress = new Uri(addresses.Addresses.First());
        await supervisor.StartAsync(trainer.Worker, cancellationToken);
        await supervisor.StartAsync(trainer.Server, cancellationToken);
    }

    private async Task MakeTinyLlamaAsync(LocalHostOptions options, CancellationToken cancellationToken)
    {
        string[] texts = [.. options.SampleTexts.SelectMany(text => new[] { "--text", text })];
        var (exitCode, output) = await trainer.RunAsync(["init-model", "--as", TinyLlama, .. texts], cancellationToken);
        if (exitCode != 0)
        {
            throw new FaultException(Fault.Platform("start_host", "tiny_llama_failed", $"{TinyLlama} could not be made: {output}"));
        }
    }

    private WebApplication Build(LocalHostOptions options, StorageOptions storage)
    {
        var builder = WebApplication.CreateSlimBuilder();
        HostLogging.Configure(builder.Logging, options);
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{options.Port}"));
        var workflow = WorkflowOptions.FromSettings(options.Setting, DefaultRegion);
        workflow = workflow with
        {
            Dispatch = workflow.Dispatch with { CheckInterval = CheckInterval, CancelGrace = CancelGrace },
            WorkDirectory = Path.Combine(options.DataDirectory, "work"),
        };
        builder.Services
            .AddHostTelemetry(builder.Configuration)
            .AddFineTuneStorage(storage)
            .AddHub(HubOptions.FromSettings(options.Setting))
            .AddFineTuneWorkflows(workflow)
            .AddFineTuneApi()
            .AddSingleton(trainer)
            .AddSingleton<ITextGeneration>(new GenerationClient(new HttpClient { Timeout = TimeSpan.FromMinutes(10) }, trainer))
            .AddSingleton(Workflow.CreateRegistry())
            .AddDurableEngine(new DurableEngineOptions(Path.Combine(options.DataDirectory, "durable.db"), DefaultVersion: Workflow.Version))
            .AddSingleton<IHostedService>(services => Pump(services, Core.Storage.Queues.EpochResults, ResultsPump(services)))
            .AddSingleton<IHostedService>(services => Pump(services, Core.Storage.Queues.Uploads, UploadsPump(services)))
            .AddSingleton<IHostedService>(services => ActivatorUtilities.CreateInstance<UploadWatcher>(
                services, Path.Combine(options.DataDirectory, "uploads.json"), UploadsPoll));
        var built = builder.Build();
        built.UseExceptionHandler();
        built.UseStatusCodePages();
        built.MapFineTuneApi();
        built.MapDurableManagement();
        built.MapTrainer();
        return built;
    }

    private static QueuePump Pump(IServiceProvider services, string queue, Func<string, CancellationToken, Task> handler) => new(
        queue, services.GetRequiredService<IMessageQueues>(), handler, ResultsPoll, services.GetRequiredService<ILogger<QueuePump>>());

    private static Func<string, CancellationToken, Task> ResultsPump(IServiceProvider services) => (body, cancellation) =>
        EpochResultHandler.HandleAsync(body, services.GetRequiredService<DurableTaskClient>(), cancellation);

    private static Func<string, CancellationToken, Task> UploadsPump(IServiceProvider services) => (body, cancellation) =>
        services.GetRequiredService<UploadHandler>().HandleAsync(body, services.GetRequiredService<DurableTaskClient>(), cancellation);
}
