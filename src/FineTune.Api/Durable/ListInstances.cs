using System.Globalization;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>The list of instances in the engine's order, in pages chained by a header that the last one lacks.</summary>
internal static class ListInstances
{
    private const string ContinuationHeader = "x-ms-continuation-token";

    public static async Task<IResult> HandleAsync(HttpContext http, DurableTaskClient client)
    {
        var query = http.Request.Query;
        var top = int.TryParse(query["top"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0
            ? asked
            : OrchestrationQuery.DefaultPageSize;
        var showInput = query.Flag("showInput", true);
        var filter = new OrchestrationQuery(
            query.Time("createdTimeFrom"),
            query.Time("createdTimeTo"),
            query.RuntimeStatuses(),
            query["instanceIdPrefix"],
            top,
            FetchInputsAndOutputs: true,
            http.Request.Headers[ContinuationHeader]);

        // There is always a first page, empty or not.
        var page = await client.GetAllInstancesAsync(filter).AsPages(http.RequestAborted).FirstAsync(http.RequestAborted);
        if (page.ContinuationToken is { } next)
        {
            http.Response.Headers[ContinuationHeader] = next;
        }

        return ManagementResults.Body(page.Values.Select(instance => InstanceStatus.From(instance, showInput)));
    }
}
