using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FineTune.EndToEnd.Tests;

/// <summary>A span as it arrived.</summary>
public sealed record CollectedSpan(string Service, string Name, string TraceId);

/// <summary>Takes what programs export by OTLP over HTTP with protobuf bodies, and reads of it what the tests ask for.</summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication app;

    private OtlpCollector(WebApplication app) => this.app = app;

    public ConcurrentQueue<CollectedSpan> Spans { get; } = new();

    /// <summary>Names of the metrics that arrived.</summary>
    public ConcurrentDictionary<string, bool> Metrics { get; } = new();

    /// <summary>Trace ids, in hexadecimal, of the log records that have one.</summary>
    public ConcurrentDictionary<string, bool> TracesOfLogs { get; } = new();

    /// <summary>The settings of a program that exports here.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", app.Urls.First()),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_BSP_SCHEDULE_DELAY", "200"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "200"),
    ];

    public static async Task<OtlpCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new OtlpCollector(builder.Build());
        collector.app.MapPost("/v1/{signal}", async (string signal, HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            collector.Read(signal, body.ToArray());
        });
        await collector.app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    // Export…ServiceRequest: 1 resource_…{ 1 resource{ 1 attributes }, 2 scope_…{ 2 spans | metrics | log_records } } (opentelemetry-proto 1.9).
    private void Read(string signal, byte[] request)
    {
        foreach (var resource in Fields(request, 1))
        {
            var service = Fields(resource, 1).SelectMany(r => Fields(r, 1)).Where(a => Text(a, 1) == "service.name").SelectMany(a => Fields(a, 2)).Select(v => Text(v, 1));
            foreach (var item in Fields(resource, 2).SelectMany(scope => Fields(scope, 2)))
            {
                switch (signal)
                {
                    case "traces":
                        Spans.Enqueue(new CollectedSpan(service.First(), Text(item, 5), Convert.ToHexStringLower(Fields(item, 1).Single())));
                        break;
                    case "metrics":
                        Metrics[Text(item, 1)] = true;
                        break;
                    case "logs" when Fields(item, 9).FirstOrDefault() is { Length: > 0 } trace:
                        TracesOfLogs[Convert.ToHexStringLower(trace)] = true;
                        break;
                }
            }
        }
    }

    private static string Text(byte[] message, int number) => Fields(message, number).Select(Encoding.UTF8.GetString).FirstOrDefault("");

    /// <summary>The length-delimited fields of that number of a protobuf message.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            switch (key & 7)
            {
                case 0:
                    Varint(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    var length = (int)Varint(message, ref at);
                    if (key >> 3 == (ulong)number)
                    {
                        yield return message[at..(at + length)];
                    }

                    at += length;
                    break;
            }
        }
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
