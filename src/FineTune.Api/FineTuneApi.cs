using FineTune.Api.Datasets;
using FineTune.Api.Durable;
using FineTune.Api.Generation;
using FineTune.Api.Models;
using FineTune.Api.Runs;
using FineTune.Core.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Api;

/// <summary>The whole HTTP surface, served alike by the Functions app and the local host.</summary>
public static class FineTuneApi
{
    public static IServiceCollection AddFineTuneApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options => WireJson.Configure(options.SerializerOptions));
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.AddExceptionHandler<FaultExceptionHandler>();
        services.AddProblemDetails();
        return services;
    }

    public static IEndpointRouteBuilder MapFineTuneApi(this IEndpointRouteBuilder endpoints)
    {
        var api = endpoints.MapGroup("/api");
        api.MapRuns();
        api.MapModels();
        api.MapRegisteredModels();
        api.MapDatasets();
        api.MapGeneration();
        api.MapHealth();
        endpoints.MapDurableManagement();
        return endpoints;
    }
}
