using FineTune.Api.Datasets;
using FineTune.Api.Generation;
using FineTune.Api.Models;
using FineTune.Api.Runs;
using FineTune.Core.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Api;

/// <summary>
/// The service's HTTP surface, served alike by the Functions app and the local host. The durable management API is not part of it: the
/// Functions host brings its own, the local host adds <see cref="Durable.DurableManagementEndpoints"/>.
/// </summary>
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
        return endpoints;
    }
}
