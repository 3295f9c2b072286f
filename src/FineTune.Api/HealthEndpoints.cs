using FineTune.Core.Regions;
using FineTune.Core.Storage;
using FineTune.Workflows;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Api;

/// <param name="Status"><c>ok</c> or <c>degraded</c>.</param>
/// <param name="RegionAllowed">Whether runs are accepted in this region.</param>
/// <param name="Storage"><c>ok</c>, or why it cannot be reached.</param>
/// <param name="EpochsQueued">About how many epochs wait for, or are with, a trainer.</param>
public sealed record HealthView(string Status, string? Region, bool RegionAllowed, string Storage, int? EpochsQueued);

/// <summary><c>/api/health</c>: 200 when runs can be served, otherwise 503 with the reason.</summary>
public static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder api) => api.MapGet("/health", GetAsync);

    private static async Task<Results<Ok<HealthView>, JsonHttpResult<HealthView>>> GetAsync(
        WorkflowOptions options, IMessageQueues queues, CancellationToken cancellationToken)
    {
        var allowed = RegionPolicy.Default.Check(options.Placement).Succeeded;
        try
        {
            var queued = await queues.Open(Queues.TrainEpoch).CountAsync(cancellationToken);
            return TypedResults.Ok(new HealthView("ok", options.Placement.Region, allowed, "ok", queued));
        }
        catch (Exception unreachable) when (unreachable is not OperationCanceledException)
        {
            return TypedResults.Json(
                new HealthView("degraded", options.Placement.Region, allowed, unreachable.Message, null), statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}
