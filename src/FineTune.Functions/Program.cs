using System.Text.Json;
using FineTune.Core.Json;
using FineTune.Functions.Durable;
using FineTune.Functions.Http;
using FineTune.Storage;
using FineTune.Workflows.Durable;
using FineTune.Workflows;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Routing;
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
builder.Services.Configure<JsonOptions>(options => WireJson.Configure(options.SerializerOptions));
builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);
builder.Services.Configure<KestrelServerOptions>(options => options.Limits.MaxRequestBodySize = MaxBodyBytes);
builder.Services.AddProblemDetails();

var storage = StorageOptions.FromConfiguration(builder.Configuration);
builder.Services.AddFineTuneStorage(storage);
builder.Services.AddFineTuneWorkflows();
builder.Services.AddSingleton(Workflow.CreateRegistry());
builder.Services.AddSingleton<InvocationDurableClient>();
builder.Services.AddSingleton<DurableTaskClient>(services => services.GetRequiredService<InvocationDurableClient>());
builder.Services.AddSingleton<ApiPipeline>();

var app = builder.Build();
if (storage.ConnectionString is not null)
{
    // An emulator starts empty; in Azure the containers and queues are part of the deployment.
    await app.Services.GetRequiredService<StorageProvisioner>().EnsureAsync();
}

await app.RunAsync();
