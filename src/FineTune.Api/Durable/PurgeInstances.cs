using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>Forgetting ended instances, one or many.</summary>
internal static class PurgeInstances
{
    public static async Task<IResult> PurgeOneAsync(string id, DurableTaskClient client, CancellationToken cancellation)
    {
        if (await client.GetInstanceAsync(id, cancellation: cancellation) is not { } instance)
        {
            return Results.NotFound();
        }

        var purged = await client.PurgeInstanceAsync(id, cancellation);
        return purged.PurgedInstanceCount > 0
            ? Deleted(purged)
            : ManagementResults.Body(
                "Only orchestrations in a terminal state can be purged, but the orchestration with instance ID "
                    + $"{id} has status {instance.RuntimeStatus}",
                StatusCodes.Status412PreconditionFailed);
    }

    public static async Task<IResult> PurgeManyAsync(HttpContext http, DurableTaskClient client, TimeProvider clock)
    {
        var query = http.Request.Query;
        if (query.Time("createdTimeFrom") is not { } from)
        {
            return ManagementResults.Body("Please provide value for 'createdTimeFrom' parameter.", StatusCodes.Status400BadRequest);
        }

        var filter = new PurgeInstancesFilter(from, query.Time("createdTimeTo") ?? clock.GetUtcNow(), query.RuntimeStatuses());
        var purged = await client.PurgeAllInstancesAsync(filter, http.RequestAborted);
        return purged.PurgedInstanceCount > 0 ? Deleted(purged) : Results.NotFound();
    }

    private static IResult Deleted(PurgeResult purged) => ManagementResults.Body(new { instancesDeleted = purged.PurgedInstanceCount });
}
