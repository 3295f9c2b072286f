namespace FineTune.Cli.Hosting;

public static class HostAddress
{
    /// <summary>Reads <c>http://host:port</c>, <c>https://host</c> or <c>host:port</c>.</summary>
    public static Uri Parse(string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new UsageException($"'{text}' is not the address of a host. Give one like {GlobalOptions.DefaultHost}.");
    }
}
