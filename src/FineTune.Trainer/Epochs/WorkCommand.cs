using FineTune.Training.Engine;
using FineTune.Training.Numerics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FineTune.Trainer.Epochs;

/// <summary><c>work</c>: epochs from the queue until asked to end.</summary>
public static class WorkCommand
{
    /// <summary>A container job gets 30 s from SIGTERM to its end; more than <see cref="TrainerOptions.HandBack"/> is needed for the last requests.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(27);

    public static async Task<int> RunAsync(Arguments arguments)
    {
        var once = arguments.Flag("--once");
        var device = arguments.Text("--device");
        arguments.RequireEmpty();
        var options = TrainerOptions.FromEnvironment(Environment.GetEnvironmentVariable);
        options = device is null ? options : options with { Device = DeviceChoice.Parse(device, "--device") };

        // Before a message is taken: another trainer may have the device.
        options.Device.Check();
        var numerics = TorchRuntime.Start();

        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddEnvironmentVariables();
        builder.Logging.AddTrainerLogging();
        builder.Services.AddSingleton(options).AddTrainer(builder.Configuration).AddTrainerTelemetry(builder.Configuration);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = ShutdownTimeout);
        builder.Services.AddSingleton<IHostedService>(services => ActivatorUtilities.CreateInstance<WorkService>(services, once));
        using var host = builder.Build();
        HostWatch.Start(() => host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication());
        host.Services.GetRequiredService<ILogger<WorkService>>().LogInformation("Trainer ready on {Device}: {Numerics}", options.Device.Name, numerics);
        await host.RunAsync();
        return 0;
    }
}

/// <summary>Runs the worker and ends the process with it.</summary>
public sealed class WorkService(EpochWorker worker, IHostApplicationLifetime lifetime, bool once) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await worker.RunAsync(once, stoppingToken);
        lifetime.StopApplication();
    }
}
