using System.Text;
using System.Text.Json.Nodes;
using FineTune.Api.Durable;
using FineTune.Core.Generation;
using FineTune.Core.Registry;
using FineTune.Core.Storage;
using FineTune.Data.Tokenizers;
using FineTune.LocalHost.Durable;
using FineTune.Testing;
using FineTune.Testing.Storage;
using FineTune.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FineTune.Api.Tests.Support;

/// <summary>The whole HTTP surface on the real workflow and engine, with storage in memory and no trainer.</summary>
internal sealed class ApiHost : IAsyncDisposable, ITextGeneration
{
    public const string Model = "finetune/tiny-llama";
    private readonly TemporaryFolder folder = new();
    private readonly WebApplication app;

    private ApiHost(IMessageQueues? queues, bool overHttp)
    {
        var builder = WebApplication.CreateSlimBuilder();
        if (overHttp)
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        builder.Logging.ClearProviders();
        builder.Services
            .AddSingleton(overHttp ? TimeProvider.System : Clock)
            .AddSingleton<IBlobStore>(Blobs)
            .AddSingleton(queues ?? new InMemoryQueues(Clock))
            .AddSingleton<ITextGeneration>(this)
            .AddFineTuneWorkflows(new WorkflowOptions { Placement = new("eastus2"), WorkDirectory = folder["work"] })
            .AddFineTuneApi()
            .AddSingleton(Workflow.CreateRegistry())
            .AddDurableEngine(new DurableEngineOptions(folder["durable.db"], DefaultVersion: Workflow.Version));
        app = builder.Build();
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.MapFineTuneApi();
        app.MapDurableManagement();
    }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    public InMemoryBlobStore Blobs { get; } = new();

    public GenerateJob? Generated { get; private set; }

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Where a host that was started to speak real HTTP listens.</summary>
    public Uri Address => new(app.Urls.Single());

    /// <param name="overHttp">Listen on loopback and live by the real clock, as the local host does.</param>
    public static async Task<ApiHost> StartAsync(IMessageQueues? queues = null, bool overHttp = false)
    {
        var host = new ApiHost(queues, overHttp);
        using var model = new TemporaryFolder();
        var options = new BpeTrainerOptions { Merges = 20 };
        BpeTrainer.Train(["Say the number, please: 0123456789."], options).Save(model.Root, options);
        model.With("config.json", """{"hidden_size":8,"num_hidden_layers":1,"max_position_embeddings":128}""");
        await host.Get<BaseModels>().PublishAsync(model.Root, Model);
        await host.app.StartAsync();
        host.Http = overHttp ? new HttpClient { BaseAddress = host.Address } : host.app.GetTestClient();
        return host;
    }

    public async Task<(int Status, JsonNode? Body, HttpResponseMessage Response)> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonNode.Parse(text) : null, response);
    }

    public T Get<T>()
        where T : notnull => app.Services.GetRequiredService<T>();

    /// <summary>Lets the workflow get as far as it can without a trainer.</summary>
    public Task SettleAsync() => Get<EngineSignals>().WhenIdleAsync().WaitAsync(TimeSpan.FromSeconds(30));

    public async Task<string> CreateRunAsync()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"Say {{i}}:","response":"{{i}}"}"""));
        using var data = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        await Blobs.WriteAsync(new BlobPath(Containers.Datasets, "pairs.jsonl"), data);
        var (_, body, _) = await SendAsync(HttpMethod.Post, "/api/runs", """
            {"model":"finetune/tiny-llama","train_data_path":"az://datasets/pairs.jsonl","register_to":"main.demo.pairs","task_type":"INSTRUCTION_FINETUNE"}
            """);
        await SettleAsync();
        return (string)body!["id"]!;
    }

    Task<GenerateResult> ITextGeneration.GenerateAsync(GenerateJob job, CancellationToken cancellationToken)
    {
        Generated = job;
        return Task.FromResult(new GenerateResult([new Completion("an answer", 2, "stop")]));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.DisposeAsync();
        folder.Dispose();
    }
}
