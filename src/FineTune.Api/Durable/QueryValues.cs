using System.Globalization;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>Query parameters, read leniently as the extension does: what does not parse is as if it were not there.</summary>
internal static class QueryValues
{
    public static bool Flag(this IQueryCollection query, string name, bool otherwise) =>
        bool.TryParse(query[name], out var value) ? value : otherwise;

    public static DateTimeOffset? Time(this IQueryCollection query, string name) => DateTimeOffset.TryParse(
        query[name], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value) ? value : null;

    /// <exception cref="ArgumentException">Not a number (NaN).</exception>
    /// <exception cref="OverflowException">More than a span of time can hold.</exception>
    public static TimeSpan? Seconds(this IQueryCollection query, string name) =>
        double.TryParse(query[name], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Repeated or a comma list, exact case. Null (any status) unless one is known.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus>? RuntimeStatuses(this IQueryCollection query)
    {
        var names = query["runtimeStatus"].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).ToList();
        var known = Enum.GetValues<OrchestrationRuntimeStatus>().Where(status => names.Contains(status.ToString())).ToList();
        return known.Count > 0 ? known : null;
    }
}
