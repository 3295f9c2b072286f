using Azure.Monitor.OpenTelemetry.Exporter;
using FineTune.Core.Telemetry;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;

namespace FineTune.Functions;

/// <summary>
/// Exports traces, metrics and logs to Azure Monitor where <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c> is set, and by OTLP where
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is; otherwise nothing is exported.
/// </summary>
internal static class FunctionsTelemetry
{
    public static void AddFunctionsTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var monitor = !string.IsNullOrEmpty(configuration["APPLICATIONINSIGHTS_CONNECTION_STRING"]);
        var collector = !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        if (!monitor && !collector)
        {
            return;
        }

        var telemetry = services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(traces => traces.AddSource(Traces.Name))
            .WithMetrics(metrics => metrics.AddMeter(Measures.Name));
        if (monitor)
        {
            telemetry.UseAzureMonitorExporter();
        }

        if (collector)
        {
            telemetry.UseOtlpExporter();
        }
    }
}
