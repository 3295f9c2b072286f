using System.Buffers.Text;
using System.Globalization;
using System.Text;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>The list of instances, newest first, in pages chained by a response header.</summary>
internal static class ListInstances
{
    private const string ContinuationHeader = "x-ms-continuation-token";
    private const int DefaultTop = 100;

    public static async Task<IResult> HandleAsync(HttpContext http, DurableTaskClient client)
    {
        var query = http.Request.Query;
        var top = int.TryParse(query["top"], NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0 ? asked : DefaultTop;
        var showInput = query.Flag("showInput", true);
        var after = Position.Parse(http.Request.Headers[ContinuationHeader]);
        var filter = new OrchestrationQuery(
            query.Time("createdTimeFrom"),
            after?.CreatedAt ?? query.Time("createdTimeTo"),
            Statuses(query),
            query["instanceIdPrefix"],
            FetchInputsAndOutputs: true);

        var page = new List<InstanceStatus>();
        var next = "";
        Position? last = null;
        await foreach (var instance in After(client.GetAllInstancesAsync(filter), after).WithCancellation(http.RequestAborted))
        {
            if (page.Count == top)
            {
                next = last!.ToString();
                break;
            }

            page.Add(InstanceStatus.From(instance, showInput));
            last = new Position(instance.CreatedAt, instance.InstanceId);
        }

        http.Response.Headers[ContinuationHeader] = next;
        return DurableManagementEndpoints.Body(page);
    }

    // The last page may have ended between instances created at the same moment: go on after the one it ended with. Should that
    // one be gone, all of its moment are listed again rather than any left out.
    private static async IAsyncEnumerable<OrchestrationMetadata> After(IAsyncEnumerable<OrchestrationMetadata> instances, Position? position)
    {
        var sameMoment = new List<OrchestrationMetadata>();
        var skipping = position is not null;
        await foreach (var instance in instances)
        {
            if (skipping && instance.CreatedAt == position!.CreatedAt)
            {
                if (instance.InstanceId == position.InstanceId)
                {
                    skipping = false;
                    sameMoment.Clear();
                }
                else
                {
                    sameMoment.Add(instance);
                }

                continue;
            }

            skipping = false;
            foreach (var earlier in sameMoment)
            {
                yield return earlier;
            }

            sameMoment.Clear();
            yield return instance;
        }

        foreach (var earlier in sameMoment)
        {
            yield return earlier;
        }
    }

    // Null (any status) unless the parameter is there; unknown names select nothing of their own.
    private static List<OrchestrationRuntimeStatus>? Statuses(IQueryCollection query)
    {
        var names = query["runtimeStatus"].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).ToList();
        var known = Enum.GetValues<OrchestrationRuntimeStatus>().Where(status => names.Contains(status.ToString())).ToList();
        return known.Count > 0 ? known : null;
    }

    /// <summary>Where a page ended.</summary>
    private sealed record Position(DateTimeOffset CreatedAt, string InstanceId)
    {
        public static Position? Parse(string? token)
        {
            if (string.IsNullOrEmpty(token) || !Base64Url.IsValid(token))
            {
                return null;
            }

            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split(' ', 2);
            return parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
                && ticks <= DateTime.MaxValue.Ticks
                ? new Position(new DateTimeOffset(ticks, TimeSpan.Zero), parts[1])
                : null;
        }

        public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{CreatedAt.UtcTicks} {InstanceId}")));
    }
}
