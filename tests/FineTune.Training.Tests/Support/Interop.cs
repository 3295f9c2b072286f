using System.Diagnostics;
using System.Text;

namespace FineTune.Training.Tests.Support;

/// <summary>Implementations that this project didn't write, brought in by npm from the lock file on first use.</summary>
internal static class Interop
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "interop");

    /// <summary>Runs a script of the folder; its standard output.</summary>
    public static string Run(string script, params string[] arguments)
    {
        var installed = new FileInfo(Path.Combine(Folder, "node_modules", ".package-lock.json"));
        if (!installed.Exists || installed.LastWriteTimeUtc < File.GetLastWriteTimeUtc(Path.Combine(Folder, "package-lock.json")))
        {
            RunProgram(OperatingSystem.IsWindows() ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund"]);
        }

        return RunProgram("node", [script, .. arguments]);
    }

    private static string RunProgram(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}");
        return output;
    }
}
