using System.Runtime.InteropServices;
using TorchSharp;

namespace FineTune.Training.Numerics;

/// <summary>Loads libtorch with its numerics pinned. Everything here that computes calls <see cref="Start()"/> first.</summary>
public static partial class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static NumericsSettings? started;

    /// <summary>Of the libtorch that this TorchSharp was built against.</summary>
    public static string Version => torch.__version__;

    /// <summary>The settings in force; libtorch is loaded with those of this machine if it was not yet.</summary>
    public static NumericsSettings Start() => started ?? Start(NumericsSettings.Detect());

    /// <summary>Loads libtorch with <paramref name="settings"/>.</summary>
    /// <exception cref="InvalidOperationException">It was loaded with other settings before.</exception>
    public static NumericsSettings Start(NumericsSettings settings)
    {
        lock (Gate)
        {
            if (started is not null)
            {
                return started == settings
                    ? started
                    : throw new InvalidOperationException($"libtorch runs with {started}; {settings} would need a new process.");
            }

            foreach (var (name, value) in settings.NativeEnvironment())
            {
                SetNativeEnvironment(name, value);
            }

            torch.set_num_threads(settings.Threads);
            torch.set_num_interop_threads(1);
            return started = settings;
        }
    }

    // Environment.SetEnvironmentVariable changes only .NET's own copy on Unix; native libraries ask getenv.
    private static void SetNativeEnvironment(string name, string value)
    {
        if ((OperatingSystem.IsWindows() ? PutEnv(name, value) : SetEnv(name, value, 1)) != 0)
        {
            throw new InvalidOperationException($"Cannot set the environment variable {name} for libtorch.");
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int PutEnv(string name, string value);
}
