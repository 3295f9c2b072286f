using FineTune.Functions.Durable;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using AzureClient = Microsoft.DurableTask.Client.DurableTaskClient;

namespace FineTune.Functions.Http;

/// <summary>Every request to the app that is not the host's own: <c>/</c>, <c>/api</c> and <c>/v1</c>.</summary>
/// <remarks>
/// The host routes to the first match in order of function names, hence the name: any other HTTP function comes before this one.
/// No verb is listed, so that the pipeline answers 405 itself. Anonymous callers are refused by the host: a function key is needed.
/// </remarks>
public sealed class HttpFunction(ApiPipeline api, InvocationDurableClient durable)
{
    [Function("ZzHttp")]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Function, Route = "{*path}")] HttpRequest request, [DurableClient] AzureClient client)
    {
        durable.Bind(new AzureDurableClient(client));
        await api.InvokeAsync(request.HttpContext);

        // The response is written; without a result the worker reports that there was none.
        return Results.Empty;
    }
}
