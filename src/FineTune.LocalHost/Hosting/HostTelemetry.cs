using FineTune.Core.Telemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace FineTune.LocalHost.Hosting;

/// <summary>
/// Exports traces of requests and runs, metrics and logs by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> names a collector; otherwise
/// nothing is exported. The trainer, a child, inherits the setting.
/// </summary>
internal static class HostTelemetry
{
    public static IServiceCollection AddHostTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        if (!string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
        {
            services.AddOpenTelemetry()
                .ConfigureResource(resource => resource.AddService("finetune-host"))
                .WithTracing(traces => traces.AddSource(Traces.Name).AddAspNetCoreInstrumentation())
                .WithMetrics(metrics => metrics.AddMeter(Measures.Name).AddAspNetCoreInstrumentation())
                .WithLogging()
                .UseOtlpExporter();
        }

        return services;
    }
}
