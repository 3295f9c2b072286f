using System.Diagnostics;
using System.Security.Cryptography;
using FineTune.Core.Faults;
using FineTune.LocalHost.Supervision;
using Microsoft.Extensions.Logging;

namespace FineTune.LocalHost.Azurite;

/// <summary>
/// Brings Azurite in by the lock file shipped with the program, once per user and lock file: installed aside, then renamed, under a lock
/// between processes, so nobody ever runs half an installation.
/// </summary>
/// <param name="cacheRoot">Folder for installations, one sub-folder a lock file.</param>
public sealed class AzuriteInstaller(string cacheRoot, ILogger logger)
{
    private static readonly string[] LockFiles = ["package.json", "package-lock.json"];
    private static readonly string[] InstallArguments =
    [
        // No scripts: nothing Azurite needs is built. Azurite asks for a newer Node.js than it uses, hence no engine check.
        "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--no-progress", "--loglevel=error", "--engine-strict=false",
    ];

    /// <summary>Where installations are kept: <c>XDG_CACHE_HOME</c>, else the system's folder for such data of this user.</summary>
    public static string DefaultCacheRoot
    {
        get
        {
            var configured = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            var root = !string.IsNullOrEmpty(configured) ? configured
                : OperatingSystem.IsLinux() && home.Length > 0 ? Path.Combine(home, ".cache")
                : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } local ? local
                : Path.GetTempPath();
            return Path.Combine(root, "finetune", "azurite");
        }
    }

    /// <summary>Azurite's files as shipped: the lock file and what is loaded before Azurite.</summary>
    internal static string ShippedFolder => Path.Combine(AppContext.BaseDirectory, "Azurite");

    /// <summary>The installation, made first if need be. Needs the network then, half a minute and 400 MB.</summary>
    /// <exception cref="FaultException">Node.js is missing or npm failed.</exception>
    public async Task<AzuriteInstallation> EnsureAsync(CancellationToken cancellationToken = default)
    {
        var node = await NodeToolchain.FindAsync(cancellationToken);
        var folder = Path.Combine(cacheRoot, await HashAsync(cancellationToken));
        if (!Directory.Exists(folder))
        {
            using var turn = await FileLock.TakeAsync(Path.Combine(cacheRoot, "install.lock"), cancellationToken);
            if (!Directory.Exists(folder))
            {
                await InstallAsync(node, folder, cancellationToken);
            }
        }

        return new AzuriteInstallation(
            node.Node,
            Path.Combine(folder, "node_modules", "azurite", "dist", "src", "azurite.js"),
            Path.Combine(ShippedFolder, "host-guard.cjs"));
    }

    private async Task InstallAsync(NodeToolchain node, string folder, CancellationToken cancellationToken)
    {
        logger.LogInformation("Installing the storage emulator Azurite into {Folder}; this happens once", folder);
        foreach (var leftover in Directory.EnumerateDirectories(cacheRoot, "*.partial"))
        {
            Directory.Delete(leftover, recursive: true);
        }

        var partial = Directory.CreateDirectory(folder + ".partial").FullName;
        foreach (var file in LockFiles)
        {
            File.Copy(Path.Combine(ShippedFolder, file), Path.Combine(partial, file));
        }

        var command = new ProcessStartInfo(node.Npm, InstallArguments) { WorkingDirectory = partial };
        await using var npm = ChildProcess.Start(
            new ChildSpec("npm", () => command) { Grace = TimeSpan.Zero }, line => logger.LogDebug("npm: {Line}", line));
        var exitCode = await npm.Exited.WaitAsync(cancellationToken);
        if (exitCode != 0)
        {
            throw NodeToolchain.Refuse(
                "azurite_not_installed",
                $"npm could not install the storage emulator (exit code {exitCode}). Check the connection to the npm registry and start again. "
                    + $"npm says:{Environment.NewLine}{npm.Tail}");
        }

        Directory.Move(partial, folder);
    }

    private static async Task<string> HashAsync(CancellationToken cancellationToken)
    {
        await using var lockFile = File.OpenRead(Path.Combine(ShippedFolder, LockFiles[1]));
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(lockFile, cancellationToken))[..16];
    }
}

/// <summary>An Azurite ready to run.</summary>
/// <param name="Node">The program that runs it.</param>
/// <param name="EntryPoint">Azurite's script for all services.</param>
/// <param name="Guard">Script to load before it.</param>
public sealed record AzuriteInstallation(string Node, string EntryPoint, string Guard);
