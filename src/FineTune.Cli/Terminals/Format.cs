using System.Globalization;

namespace FineTune.Cli.Terminals;

/// <summary>Numbers and times for people, alike in every culture.</summary>
public static class Format
{
    public static string Count(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>"1 step", "2 steps".</summary>
    public static string Count(long value, string noun) => $"{Count(value)} {noun}{(value == 1 ? "" : "s")}";

    public static string Loss(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    /// <param name="fraction">0 to 1.</param>
    public static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{100 * fraction:0.#} %");

    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string Duration(double seconds)
    {
        var span = TimeSpan.FromSeconds(Math.Max(0, Math.Round(seconds)));
        return span switch
        {
            { TotalMinutes: < 1 } => Invariant($"{span.Seconds}s"),
            { TotalHours: < 1 } => Invariant($"{span.Minutes}m {span.Seconds:00}s"),
            _ => Invariant($"{(long)span.TotalHours}h {span.Minutes:00}m"),
        };
    }

    public static string Bytes(double bytes) => bytes switch
    {
        < 1e3 => Invariant($"{bytes:0} B"),
        < 1e6 => Invariant($"{bytes / 1e3:0.0} kB"),
        < 1e9 => Invariant($"{bytes / 1e6:0.0} MB"),
        _ => Invariant($"{bytes / 1e9:0.0} GB"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
