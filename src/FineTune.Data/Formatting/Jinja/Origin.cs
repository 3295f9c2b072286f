namespace FineTune.Data.Formatting.Jinja;

/// <summary>Where text comes from: the template, or which part of its input.</summary>
internal readonly record struct Origin(int Code)
{
    /// <summary>The template itself, and the names of control tokens it is given.</summary>
    public static Origin Template { get; } = new(0);

    /// <summary>Input that belongs to no message.</summary>
    public static Origin Other { get; } = new(-1);

    public static Origin Tools { get; } = new(-2);

    public static Origin Content(int message) => new(1 + (2 * message));

    public static Origin ToolCalls(int message) => new(2 + (2 * message));

    /// <summary>The message whose content or calls it is.</summary>
    public int? Message => Code > 0 ? (Code - 1) / 2 : null;
}
