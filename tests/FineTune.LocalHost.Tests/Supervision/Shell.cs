using System.Diagnostics;
using FineTune.LocalHost.Supervision;

namespace FineTune.LocalHost.Tests.Supervision;

/// <summary>Children made of shell script.</summary>
internal static class Shell
{
    /// <summary>Runs until its input closes, whatever signals say: only the request by the closing input or a kill ends it.</summary>
    public const string UntilInputCloses = "trap '' TERM; echo ready; read line; echo closing";

    /// <summary>Never ends by itself and ignores every request.</summary>
    public const string Stubborn = "trap '' TERM; echo ready; while :; do sleep 1000; done";

    public static ChildSpec Spec(string script, string role = "child") =>
        new(role, () => new ProcessStartInfo("/bin/sh", ["-c", script])) { IsReady = line => line == "ready" };
}
