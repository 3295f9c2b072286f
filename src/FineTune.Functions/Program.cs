using System.Text.Json;
using FineTune.Api;
using FineTune.Core.Generation;
using FineTune.Core.Json;
using FineTune.Functions;
using FineTune.Functions.Durable;
using FineTune.Functions.Generation;
using FineTune.Functions.Http;
using FineTune.Storage;
using FineTune.Storage.Hub;
using FineTune.Workflows;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// The host refuses larger bodies; larger data sets are uploaded to storage.
const long MaxBodyBytes = 100_000_000;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();

// The worker builds its serializer, and Durable its data converter, from these options: payloads are the same here and on the local host.
builder.Services.Configure<JsonSerializerOptions>(WireJson.Configure);
builder.Services.Configure<KestrelServerOptions>(options => options.Limits.MaxRequestBodySize = MaxBodyBytes);

var storage = StorageOptions.FromConfiguration(builder.Configuration);
builder.Services.AddFunctionsTelemetry(builder.Configuration);
builder.Services.AddFineTuneStorage(storage);
builder.Services.AddHub(HubOptions.FromSettings(name => builder.Configuration[name]));
builder.Services.AddFineTuneWorkflows(WorkflowOptions.FromSettings(name => builder.Configuration[name]));
builder.Services.AddFineTuneApi();
builder.Services.AddSingleton(Workflow.CreateRegistry());
builder.Services.AddSingleton<InvocationDurableClient>();
builder.Services.AddSingleton<DurableTaskClient>(services => services.GetRequiredService<InvocationDurableClient>());
builder.Services.AddSingleton<ITextGeneration, UnavailableGeneration>();
builder.Services.AddSingleton<ApiPipeline>();

var app = builder.Build();
if (storage.ConnectionString is not null)
{
    // An emulator starts empty; in Azure the containers and queues are part of the deployment.
    await app.Services.GetRequiredService<StorageProvisioner>().EnsureAsync();
}

await app.RunAsync();
