using FineTune.Core.Artifacts;
using FineTune.Core.Registry;
using FineTune.Storage;
using FineTune.Trainer.Epochs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace FineTune.Trainer;

/// <summary>What every command of the trainer uses.</summary>
public static class TrainerServices
{
    public static IServiceCollection AddTrainer(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => TrainerOptions.FromEnvironment(Environment.GetEnvironmentVariable));
        return services
            .AddFineTuneStorage(StorageOptions.FromConfiguration(configuration))
            .AddSingleton<ArtifactStore>()
            .AddSingleton<BaseModels>()
            .AddSingleton<EpochCheckpoints>()
            .AddSingleton<EpochRunner>()
            .AddSingleton<EpochWorker>();
    }

    /// <summary>One line an entry; storage's own chatter only when something is wrong.</summary>
    public static ILoggingBuilder AddTrainerLogging(this ILoggingBuilder logging) => logging
        .ClearProviders()
        .AddSimpleConsole(options => options.SingleLine = true)
        .AddFilter("Azure", LogLevel.Error)
        .AddFilter("Microsoft", LogLevel.Warning);

    /// <summary>The services of a command that does one thing and ends.</summary>
    public static ServiceProvider Create()
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        return new ServiceCollection()
            .AddLogging(logging => logging.AddTrainerLogging())
            .AddTrainer(configuration)
            .BuildServiceProvider();
    }
}
