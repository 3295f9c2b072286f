using System.Diagnostics;
using System.Reflection;

namespace FineTune.Infra.Tests;

/// <summary>The Bicep compiler of the package the build restored, run on the templates copied beside the tests.</summary>
public static class Bicep
{
    public static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "infra");

    private static string Executable { get; } = typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BicepPath").Value!;

    /// <summary>What the compiler printed, and its exit code.</summary>
    public static async Task<(int ExitCode, string Output, string Diagnostics)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Executable, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var diagnostics = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await diagnostics);
    }
}
