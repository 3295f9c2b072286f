using System.Globalization;
using FineTune.Core.Datasets;
using FineTune.Core.Estimates;
using FineTune.Core.Regions;
using FineTune.Core.Runs;

namespace FineTune.Workflows;

/// <summary>Configuration of the workflow's host.</summary>
public sealed record WorkflowOptions
{
    /// <summary>
    /// Where this host and its trainers run: <c>REGION_NAME</c> in Azure, <c>FINETUNE_REGION</c> elsewhere; <c>FINETUNE_TRAINER_REGION</c>,
    /// <c>FINETUNE_GPU_PROFILE</c>, <c>FINETUNE_DATA_RESIDENCY</c>, <c>FINETUNE_PRIVATE_LINK</c>, <c>FINETUNE_STORAGE_PRIVATE_LINK</c>,
    /// <c>FINETUNE_STORAGE_FIREWALL</c>.
    /// </summary>
    public Placement Placement { get; init; } = new(null);

    /// <summary><c>FINETUNE_MULTI_GPU_QUEUE</c>: read by trainers with several GPUs a node. Null when there are none.</summary>
    public string? MultiGpuQueue { get; init; }

    /// <summary>Models, or licence names, whose licence the operator has accepted for every run; <c>*</c> accepts all.</summary>
    public IReadOnlyList<string> AcceptedLicenses { get; init; } = [];

    public DispatchPolicy Dispatch { get; init; } = DispatchPolicy.Default;

    /// <summary>What time and cost are estimated for; <c>FINETUNE_GPU_PRICES</c> names a file with other ones.</summary>
    public IReadOnlyList<GpuPrice> Gpus { get; init; } = GpuPrice.Default;

    /// <summary><c>FINETUNE_TABLES_PATH</c>: where the Delta table <c>catalog.schema.table</c> lies, as <c>catalog/schema/table</c> below it.</summary>
    public string TablesPath { get; init; } = DataPath.DefaultTables;

    /// <summary>Scratch folder for downloads and token shards in the making.</summary>
    public string WorkDirectory { get; init; } = Path.Combine(Path.GetTempPath(), "finetune");

    /// <summary>Data is tokenized in blocks of about this many bytes, several at a time.</summary>
    public long TokenBlockBytes { get; init; } = 64L << 20;

    /// <summary>Reads the settings named above through <paramref name="setting"/>.</summary>
    public static WorkflowOptions FromSettings(Func<string, string?> setting, string? defaultRegion = null) => new()
    {
        Placement = new Placement(
            NullIfEmpty(setting("REGION_NAME")) ?? NullIfEmpty(setting("FINETUNE_REGION")) ?? defaultRegion,
            NullIfEmpty(setting("FINETUNE_TRAINER_REGION")),
            NullIfEmpty(setting("FINETUNE_GPU_PROFILE")),
            List(setting, "FINETUNE_DATA_RESIDENCY"),
            Flag(setting, "FINETUNE_PRIVATE_LINK"),
            Flag(setting, "FINETUNE_STORAGE_PRIVATE_LINK"),
            Flag(setting, "FINETUNE_STORAGE_FIREWALL")),
        MultiGpuQueue = NullIfEmpty(setting("FINETUNE_MULTI_GPU_QUEUE")),
        AcceptedLicenses = List(setting, "FINETUNE_ACCEPTED_LICENSES"),
        Gpus = GpuPrice.Load(setting("FINETUNE_GPU_PRICES")),
        TablesPath = NullIfEmpty(setting("FINETUNE_TABLES_PATH")) ?? DataPath.DefaultTables,
        Dispatch = DispatchPolicy.Default with
        {
            StepTimeout = Time(setting, "FINETUNE_STEP_TIMEOUT") ?? DispatchPolicy.Default.StepTimeout,
            QueueTimeout = Time(setting, "FINETUNE_QUEUE_TIMEOUT") ?? DispatchPolicy.Default.QueueTimeout,
        },
    };

    private static TimeSpan? Time(Func<string, string?> setting, string name) => NullIfEmpty(setting(name)) is not { } text ? null
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time > TimeSpan.Zero ? time
        : throw new InvalidOperationException($"The setting {name} is '{text}', which is no time such as 06:00:00 (hours) or 7.00:00:00 (days).");

    private static string[] List(Func<string, string?> setting, string name) =>
        setting(name)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool Flag(Func<string, string?> setting, string name) => NullIfEmpty(setting(name)) is { } text
        && (bool.TryParse(text, out var flag) ? flag : throw new InvalidOperationException($"The setting {name} is '{text}', which is neither true nor false."));

    private static string? NullIfEmpty(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
