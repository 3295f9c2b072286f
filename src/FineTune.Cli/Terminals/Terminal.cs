using System.Text;

namespace FineTune.Cli.Terminals;

/// <summary>Where a command reads and writes.</summary>
/// <param name="Out">Results.</param>
/// <param name="Error">Errors, and progress where results must stay clean.</param>
public sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error)
{
    /// <summary>Whether lines of <see cref="Out"/> may be redrawn.</summary>
    public bool OutIsLive { get; init; }

    /// <summary>Whether lines of <see cref="Error"/> may be redrawn.</summary>
    public bool ErrorIsLive { get; init; }

    /// <summary>Whether a person types <see cref="In"/>.</summary>
    public bool InIsInteractive { get; init; }

    /// <summary>In columns.</summary>
    public int Width { get; init; } = 80;

    /// <summary>The process's own; plain when piped, in CI, with <c>NO_COLOR</c> or on a dumb terminal.</summary>
    public static Terminal OfProcess()
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var plain = IsSet("CI") || IsSet("NO_COLOR") || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new Terminal(Console.In, Console.Out, Console.Error)
        {
            OutIsLive = !plain && !Console.IsOutputRedirected,
            ErrorIsLive = !plain && !Console.IsErrorRedirected,
            InIsInteractive = !Console.IsInputRedirected,
            Width = WindowWidth(),
        };
    }

    private static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));

    private static int WindowWidth()
    {
        try
        {
            return Console.IsOutputRedirected || Console.WindowWidth < 20 ? 80 : Console.WindowWidth;
        }
        catch (Exception unknown) when (unknown is IOException or PlatformNotSupportedException)
        {
            return 80;
        }
    }
}
