using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using FineTune.Core.Faults;

namespace FineTune.LocalHost.Azurite;

/// <summary>Node.js and npm of this machine.</summary>
/// <param name="Node">The program; full path.</param>
/// <param name="Npm">The program; full path.</param>
public sealed record NodeToolchain(string Node, string Npm)
{
    public const int MinimumMajor = 20;
    private const string Cure = "Install Node.js 20 or newer with npm (https://nodejs.org) and start again.";

    /// <summary>Node.js and npm on the <c>PATH</c>.</summary>
    /// <exception cref="FaultException">One of them is missing or too old.</exception>
    public static Task<NodeToolchain> FindAsync(CancellationToken cancellationToken = default) =>
        FindAsync(Environment.GetEnvironmentVariable("PATH") ?? "", cancellationToken);

    /// <summary>Node.js and npm in the folders of <paramref name="searchPath"/>.</summary>
    /// <exception cref="FaultException">One of them is missing or too old.</exception>
    public static async Task<NodeToolchain> FindAsync(string searchPath, CancellationToken cancellationToken = default)
    {
        var folders = searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var node = Locate(folders, OperatingSystem.IsWindows() ? "node.exe" : "node")
            ?? throw Refuse("node_missing", $"The local storage emulator needs Node.js, which is not on the PATH. {Cure}");
        var npm = Locate(folders, OperatingSystem.IsWindows() ? "npm.cmd" : "npm")
            ?? throw Refuse("npm_missing", $"The local storage emulator needs npm, which is not on the PATH. {Cure}");
        var version = await VersionOfAsync(node, cancellationToken);
        return MajorOf(version) >= MinimumMajor
            ? new NodeToolchain(node, npm)
            : throw Refuse("node_too_old", $"The local storage emulator needs Node.js {MinimumMajor}; {node} is '{version}'. {Cure}");
    }

    /// <summary>20 of <c>v20.11.1</c>; 0 of anything else.</summary>
    public static int MajorOf(string version) =>
        int.TryParse(version.TrimStart('v').Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;

    internal static FaultException Refuse(string code, string message, Exception? inner = null) =>
        new(Fault.Caller("start_storage", code, message), inner);

    private static string? Locate(IEnumerable<string> folders, string program) =>
        folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static async Task<string> VersionOfAsync(string node, CancellationToken cancellationToken)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(node, "--version") { RedirectStandardOutput = true })!;
            var version = await process.StandardOutput.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return version.Trim();
        }
        catch (Win32Exception broken)
        {
            throw Refuse("node_missing", $"{node} cannot be started: {broken.Message}. {Cure}", broken);
        }
    }
}
