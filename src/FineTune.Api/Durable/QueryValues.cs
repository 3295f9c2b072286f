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

    /// <exception cref="ArgumentException">It is a number, but no span of time.</exception>
    public static TimeSpan? Seconds(this IQueryCollection query, string name)
    {
        if (!double.TryParse(query[name], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds))
        {
            return null;
        }

        return seconds >= 0 && seconds <= TimeSpan.MaxValue.TotalSeconds - 1
            ? TimeSpan.FromSeconds(seconds)
            : throw new ArgumentException($"{name}={seconds} is not a number of seconds to wait.");
    }

    /// <summary>Repeated or a comma list, exact case. Null (any status) unless one is known.</summary>
    public static IReadOnlyList<OrchestrationRuntimeStatus>? RuntimeStatuses(this IQueryCollection query)
    {
        var names = query["runtimeStatus"].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries)).ToList();
        var known = Enum.GetValues<OrchestrationRuntimeStatus>().Where(status => names.Contains(status.ToString())).ToList();
        return known.Count > 0 ? known : null;
    }
}
