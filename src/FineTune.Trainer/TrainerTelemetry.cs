using FineTune.Core.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FineTune.Trainer;

/// <summary>Exports traces, metrics and logs by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; otherwise nothing is exported.</summary>
public static class TrainerTelemetry
{
    public static IServiceCollection AddTrainerTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            services.AddOpenTelemetry()
                .ConfigureResource(resource => resource.AddService("finetune-trainer"))
                .WithTracing(traces => traces.AddSource(Traces.Name))
                .WithMetrics(metrics => metrics.AddMeter(Measures.Name))
                .WithLogging()
                .UseOtlpExporter();
        }

        return services;
    }
}
