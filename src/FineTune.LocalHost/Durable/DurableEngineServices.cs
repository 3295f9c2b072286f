using FineTune.LocalHost.Durable.Store;
using FineTune.Workflows.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FineTune.LocalHost.Durable;

public static class DurableEngineServices
{
    /// <summary>
    /// Adds the embedded engine: <see cref="DurableTaskClient"/> and a hosted service that runs the functions of the
    /// <see cref="DurableTaskRegistry"/> singleton, which the caller registers. The clock is the registered <see cref="TimeProvider"/>.
    /// </summary>
    public static IServiceCollection AddDurableEngine(this IServiceCollection services, DurableEngineOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<DurableStore>();
        services.AddSingleton<EngineSignals>();
        services.AddSingleton<ActivityRunner>();
        services.AddSingleton<DurableWorker>();
        services.AddSingleton<DurableTaskClient, EmbeddedDurableTaskClient>();
        services.AddHostedService(provider => provider.GetRequiredService<DurableWorker>());
        return services;
    }
}
