using System.Globalization;
using FineTune.Core.Runs;

namespace FineTune.Workflows;

/// <summary>Configuration of the workflow's host.</summary>
public sealed record WorkflowOptions
{
    /// <summary>Where this host runs: <c>REGION_NAME</c> in Azure, <c>FINETUNE_REGION</c> elsewhere. Null when neither is set.</summary>
    public string? Region { get; init; }

    /// <summary>Models, or licence names, whose licence the operator has accepted for every run; <c>*</c> accepts all.</summary>
    public IReadOnlyList<string> AcceptedLicenses { get; init; } = [];

    public DispatchPolicy Dispatch { get; init; } = DispatchPolicy.Default;

    /// <summary>Scratch folder for downloads and token shards in the making.</summary>
    public string WorkDirectory { get; init; } = Path.Combine(Path.GetTempPath(), "finetune");

    /// <summary>Reads the settings named above through <paramref name="setting"/>.</summary>
    public static WorkflowOptions FromSettings(Func<string, string?> setting, string? defaultRegion = null) => new()
    {
        Region = NullIfEmpty(setting("REGION_NAME")) ?? NullIfEmpty(setting("FINETUNE_REGION")) ?? defaultRegion,
        AcceptedLicenses = setting("FINETUNE_ACCEPTED_LICENSES")?.Split(
            ',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
        Dispatch = DispatchPolicy.Default with
        {
            StepTimeout = Time(setting, "FINETUNE_STEP_TIMEOUT") ?? DispatchPolicy.Default.StepTimeout,
            QueueTimeout = Time(setting, "FINETUNE_QUEUE_TIMEOUT") ?? DispatchPolicy.Default.QueueTimeout,
        },
    };

    private static TimeSpan? Time(Func<string, string?> setting, string name) => NullIfEmpty(setting(name)) is not { } text ? null
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero ? time
        : throw new InvalidOperationException($"The setting {name} is '{text}', which is no time such as 06:00:00 (hours) or 7.00:00:00 (days).");

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
