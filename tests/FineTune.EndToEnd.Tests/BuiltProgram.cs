using System.Diagnostics;
using FineTune.LocalHost.Supervision;

namespace FineTune.EndToEnd.Tests;

/// <summary>Programs of this solution as they were built with the tests.</summary>
internal static class BuiltProgram
{
    /// <summary>Starts one with its output redirected.</summary>
    /// <param name="settings">Environment variables.</param>
    public static Process Start(string project, string assembly, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> settings)
    {
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var program = Path.GetFullPath(Path.Combine(here, "..", "..", project, Path.GetFileName(here), assembly));
        var start = new ProcessStartInfo(DotNetHost.Program, [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
