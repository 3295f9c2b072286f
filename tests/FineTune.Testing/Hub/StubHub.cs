using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FineTune.Testing.Hub;

/// <param name="IsHub">Asked of the hub, not of the server that keeps its files.</param>
public sealed record HubRequest(bool IsHub, string Target, string? Authorization, string? Range);

/// <summary>What of the Hugging Face hub is used: data sets' Parquet files at a commit, kept by a server on another port.</summary>
public sealed class StubHub : IAsyncDisposable
{
    public const string DataSet = "acme/pairs";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly WebApplication app;
    private string[] addresses = [];

    private StubHub()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0", "http://[::1]:0");
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    /// <summary>By path on the branch, e.g. <c>default/train/0000.parquet</c>.</summary>
    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public ConcurrentQueue<HubRequest> Requests { get; } = new();

    /// <summary>Answers instead of the hub when it gives true.</summary>
    public Func<HubRequest, HttpContext, Task<bool>> Intercept { get; set; } = (_, _) => Task.FromResult(false);

    public Uri Endpoint => new(addresses[0]);

    public static async Task<StubHub> StartAsync()
    {
        var hub = new StubHub();
        await hub.app.StartAsync();
        hub.addresses = [.. hub.app.Urls.OrderBy(url => url.Contains('[', StringComparison.Ordinal))];
        return hub;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        var isHub = context.Request.Host.Port == Endpoint.Port;
        var request = new HubRequest(isHub, target, context.Request.Headers.Authorization, context.Request.Headers.Range);
        Requests.Enqueue(request);
        if (await Intercept(request, context))
        {
            return;
        }

        const string Api = $"/api/datasets/{DataSet}/";
        const string Tree = Api + "tree/" + Commit;
        const string Resolve = $"/datasets/{DataSet}/resolve/{Commit}/";
        if (isHub && target == Api + "revision/refs%2Fconvert%2Fparquet")
        {
            await context.Response.WriteAsJsonAsync(new { sha = Commit });
        }
        else if (isHub && target.StartsWith(Tree, StringComparison.Ordinal))
        {
            await context.Response.WriteAsync(JsonSerializer.Serialize(List(Uri.UnescapeDataString(target[Tree.Length..].TrimStart('/')))));
        }
        else if (isHub && target.StartsWith(Resolve, StringComparison.Ordinal))
        {
            context.Response.Redirect($"{addresses[1]}/cdn/{target[Resolve.Length..]}?signature=1");
        }
        else if (!isHub && Files.TryGetValue(Uri.UnescapeDataString(target["/cdn/".Length..target.IndexOf('?', StringComparison.Ordinal)]), out var content))
        {
            var from = int.Parse(request.Range!["bytes=".Length..^1], CultureInfo.InvariantCulture);
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
            context.Response.ContentLength = content.Length - from;
            await context.Response.Body.WriteAsync(content.AsMemory(from));
        }
        else
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    private List<object> List(string folder)
    {
        var prefix = folder.Length == 0 ? "" : folder + "/";
        var below = Files.Where(file => file.Key.StartsWith(prefix, StringComparison.Ordinal)).ToList();
        return
        [
            .. below.Where(file => file.Key.IndexOf('/', prefix.Length) >= 0)
                .Select(file => file.Key[..file.Key.IndexOf('/', prefix.Length)]).Distinct()
                .Select(path => new { type = "directory", oid = "0", size = 0, path }),
            .. below.Where(file => file.Key.IndexOf('/', prefix.Length) < 0)
                .Select(file => new { type = "file", oid = "1", size = 100, path = file.Key, lfs = new { oid = $"sha-{file.Key}", size = file.Value.Length } }),
        ];
    }
}
