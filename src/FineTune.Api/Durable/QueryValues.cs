using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api.Durable;

/// <summary>Query parameters, read leniently as the extension does: what does not parse is as if it were not there.</summary>
internal static class QueryValues
{
    public static bool Flag(this IQueryCollection query, string name, bool otherwise) =>
        bool.TryParse(query[name], out var value) ? value : otherwise;

    public static DateTimeOffset? Time(this IQueryCollection query, string name) => DateTimeOffset.TryParse(
        query[name], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value) ? value : null;
}
