using FineTune.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Functions.Http;

/// <summary>The service's HTTP surface as one ASP.NET Core pipeline, built once and run inside a function.</summary>
public sealed class ApiPipeline
{
    private readonly RequestDelegate pipeline;

    /// <param name="services">The root provider: endpoint routing keeps its tables there.</param>
    public ApiPipeline(IServiceProvider services)
    {
        var builder = new ApplicationBuilder(services);
        builder.UseExceptionHandler();
        builder.UseStatusCodePages();
        builder.UseRouting();
        builder.UseEndpoints(endpoints => endpoints.MapFineTuneApi());
        pipeline = builder.Build();
    }

    /// <summary>Routes the request anew; the outer router has matched it to the catch-all function.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        context.SetEndpoint(null);
        context.Request.RouteValues = new RouteValueDictionary();
        return pipeline(context);
    }
}
