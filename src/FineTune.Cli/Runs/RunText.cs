using FineTune.Cli.Terminals;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Runs;

/// <summary>A run in words.</summary>
public static class RunText
{
    /// <summary>The status as the wire spells it, e.g. <c>COMPLETED</c>.</summary>
    public static string Status(RunStatus status) => WireJson.Serialize(status).Trim('"');

    /// <summary>How the run ended, or where it is, in one sentence.</summary>
    public static string Outcome(RunView run) => run.Status switch
    {
        RunStatus.Completed => Completed(run),
        RunStatus.Failed => $"Run {run.Id} failed in {run.Phase}: {DisplayText.Lines(run.Details ?? run.Fault?.Message ?? "no reason given")}{Where(run)}",
        RunStatus.Canceled => $"Run {run.Id} was cancelled in {run.Phase}.",
        _ => $"Run {run.Id} is {Status(run.Status)} in {run.Phase}.",
    };

    public static int ExitCode(RunView run) => run.Status is RunStatus.Failed or RunStatus.Canceled ? ExitCodes.Failed : ExitCodes.Ok;

    public static string Registered(RunView run) => run.Registered is { } model ? $"{model.Name}/{model.Version}" : "";

    private static string Completed(RunView run)
    {
        var loss = run.Metrics is not { EvalLoss: { } after } ? ""
            : run.Metrics.InitialEvalLoss is { } before ? $", eval loss {Format.Loss(before)} → {Format.Loss(after)}"
            : $", eval loss {Format.Loss(after)}";
        var registered = run.Registered is { } model ? $": registered {model.Name} version {model.Version}" : "";
        return $"Run {run.Id} completed{registered}{loss}.";
    }

    private static string Where(RunView run) => run.Fault switch
    {
        { File: { } file, Line: not null, Place: { } place } when !run.Fault.Message.Contains(file, StringComparison.Ordinal) => $" ({DisplayText.OneLine(place)})",
        _ => "",
    };
}
