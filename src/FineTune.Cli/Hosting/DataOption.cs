using System.CommandLine;

namespace FineTune.Cli.Hosting;

public static class DataOption
{
    public static Option<string?> Create(string what) => new("--data")
    {
        HelpName = "DIR",
        Description = what,
    };

    /// <summary>The folder named, or the user's own.</summary>
    public static string Resolve(Invocation call, Option<string?> option) =>
        Path.GetFullPath(call.Get(option) ?? Path.Combine(call.Context.UserDirectory, "data"));
}
