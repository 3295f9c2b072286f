using FineTune.Cli.Hosting;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Demo;

/// <summary>A run of the demo with its loss curve.</summary>
public sealed record DemoStage(string Title, RunView Run, IReadOnlyList<LossPoint> Losses);

/// <summary>Everything the demo found out.</summary>
public sealed record DemoResult(
    DemoPlan Plan,
    DemoStage Pretraining,
    DemoStage Tuning,
    IReadOnlyList<DemoAnswer> HeldOut,
    IReadOnlyList<DemoAnswer> Recombined,
    double Seconds)
{
    public DemoScore Score { get; } = DemoScore.Of(HeldOut, Recombined);

    public bool Passed => Score.Reaches(Plan);
}

/// <summary>The one object <c>demo --json</c> ends with; what was not reached is null.</summary>
/// <param name="Registered">E.g. <c>main.demo.ner/1</c>.</param>
/// <param name="Runs">Ids, in order.</param>
public sealed record DemoSummary(
    bool Passed,
    double? ExactMatchBase,
    double? ExactMatchTuned,
    double? ExactMatchRecombined,
    string? Registered,
    double Seconds,
    int Prompts,
    IReadOnlyList<string> Runs,
    string? Page,
    string DataDirectory,
    string? Error);
