using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FineTune.LocalHost.Hosting;

/// <summary>Logging of the local host: warnings of the framework, information of the service, to standard error.</summary>
internal static class HostLogging
{
    public static void Configure(ILoggingBuilder logging, LocalHostOptions options)
    {
        logging.ClearProviders();
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        logging.AddFilter("Azure", LogLevel.Warning);

        // The children's own lines are in their log files.
        logging.AddFilter("FineTune.azurite", LogLevel.None);
        logging.AddFilter("FineTune.trainer", LogLevel.None);
        logging.AddFilter("FineTune.generator", LogLevel.None);
        if (options.LogToConsole)
        {
            logging.AddSimpleConsole(console => console.SingleLine = true);
            logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        }
    }
}
