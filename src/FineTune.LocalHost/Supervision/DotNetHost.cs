using System.Runtime.InteropServices;

namespace FineTune.LocalHost.Supervision;

/// <summary>The program that runs .NET assemblies.</summary>
public static class DotNetHost
{
    /// <summary>The one that runs this process, wherever it is installed.</summary>
    public static string Program { get; } = Locate();

    private static string Locate()
    {
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var own = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(own) ? own : name;
    }
}
