using System.Collections.Concurrent;
using FineTune.Api;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FineTune.Cli.Tests.Support;

public sealed record StubRequest(string Method, string Path, string Body);

/// <summary>A real HTTP server whose answers a test writes; remembers what it was asked.</summary>
public sealed class StubHost : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<StubRequest> requests = new();

    private StubHost(WebApplication app) => this.app = app;

    public Uri Address => new(app.Urls.First());

    /// <summary>In the order they came.</summary>
    public IReadOnlyList<StubRequest> Requests => [.. requests];

    public static async Task<StubHost> StartAsync(Action<IEndpointRouteBuilder> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.ConfigureHttpJsonOptions(options => WireJson.Configure(options.SerializerOptions));
        var host = new StubHost(builder.Build());
        host.app.Use(host.RememberAsync);
        map(host.app);
        await host.app.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }

    public static IResult Refuse(int status, params Fault[] faults) => Results.Json(FaultResponse.Of(faults), statusCode: status);

    public IEnumerable<StubRequest> To(string method, string path) =>
        Requests.Where(request => request.Method == method && request.Path.StartsWith(path, StringComparison.Ordinal));

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task RememberAsync(HttpContext context, RequestDelegate next)
    {
        context.Request.EnableBuffering();
        using var reader = new StreamReader(context.Request.Body, leaveOpen: true);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        context.Request.Body.Position = 0;
        requests.Enqueue(new StubRequest(context.Request.Method, context.Request.Path + context.Request.QueryString, body));
        await next(context);
    }
}
