using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Core.Storage;
using FineTune.Training.Engine;

namespace FineTune.Trainer;

/// <summary>Settings of a trainer, from environment variables.</summary>
public sealed record TrainerOptions
{
    private const string DeviceVariable = "FINETUNE_DEVICE";

    /// <summary>A week, the longest a queue hides a message.</summary>
    private const int MaxSeconds = 7 * 24 * 60 * 60;

    /// <summary><c>FINETUNE_LEASE_SECONDS</c>: how long a message stays hidden without a renewal; renewed at a third of it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>
    /// <c>FINETUNE_CHECKPOINT_SECONDS</c>: checkpoints within an epoch are at least this far apart, and at least 20 times as far as the
    /// last one took to write.
    /// </summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// <c>FINETUNE_CHECKPOINT_COPIES</c>: whether checkpoints within an epoch are written from a copy while training goes on, where there
    /// is memory for one; <c>false</c> never takes a copy.
    /// </summary>
    public bool CheckpointCopies { get; init; } = true;

    /// <summary>
    /// <c>FINETUNE_MEMORY_GIB</c>: memory that training is planned for; null is the machine's, or the container's limit. Trainers of one
    /// queue should have the same, so that a run that moves between them trains in the same way.
    /// </summary>
    public double? MemoryGib { get; init; }

    /// <summary><c>FINETUNE_POLL_SECONDS</c>: pause before an empty queue is asked again.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How soon after being asked to end a trainer has handed its message back, with a fresh checkpoint if that can be written in time.</summary>
    public TimeSpan HandBack { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How soon a running epoch sees that it is cancelled, paused or taken over.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary><c>FINETUNE_MAX_DELIVERIES</c>: deliveries in a row without progress after which a job is poison.</summary>
    public int MaxDeliveries { get; init; } = 5;

    /// <summary><c>FINETUNE_JOBS_QUEUE</c>: the queue of epochs; that of a container with several GPUs has another name.</summary>
    public string Queue { get; init; } = Queues.TrainEpoch;

    /// <summary><c>FINETUNE_CACHE</c>: folder for downloads.</summary>
    public string CacheDirectory { get; init; } = Path.Combine(Path.GetTempPath(), "finetune-trainer");

    /// <summary><c>FINETUNE_DEVICE</c>, or <c>--device</c>: what trains.</summary>
    public DeviceChoice Device { get; init; } = DeviceChoice.Cpu;

    public static TrainerOptions FromEnvironment(Func<string, string?> variable)
    {
        var defaults = new TrainerOptions();
        return defaults with
        {
            Lease = Seconds(variable, "FINETUNE_LEASE_SECONDS") ?? defaults.Lease,
            CheckpointInterval = Seconds(variable, "FINETUNE_CHECKPOINT_SECONDS") ?? defaults.CheckpointInterval,
            CheckpointCopies = Switch(variable, "FINETUNE_CHECKPOINT_COPIES") ?? defaults.CheckpointCopies,
            MemoryGib = Number(variable, "FINETUNE_MEMORY_GIB") ?? defaults.MemoryGib,
            Poll = Seconds(variable, "FINETUNE_POLL_SECONDS") ?? defaults.Poll,
            MaxDeliveries = WholeNumber(variable, "FINETUNE_MAX_DELIVERIES") ?? defaults.MaxDeliveries,
            Queue = variable("FINETUNE_JOBS_QUEUE") is { Length: > 0 } queue ? queue : defaults.Queue,
            Device = variable(DeviceVariable) is { Length: > 0 } device ? DeviceChoice.Parse(device, DeviceVariable) : defaults.Device,
            CacheDirectory = variable("FINETUNE_CACHE") ?? defaults.CacheDirectory,
        };
    }

    private static TimeSpan? Seconds(Func<string, string?> variable, string name) =>
        variable(name) is not { Length: > 0 } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 && seconds <= MaxSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw Invalid($"{name} must be a number of seconds above 0 and at most {MaxSeconds}, but is '{text}'.", name);

    private static bool? Switch(Func<string, string?> variable, string name) =>
        variable(name) is not { Length: > 0 } text ? null
        : bool.TryParse(text, out var value) ? value
            : throw Invalid($"{name} must be true or false, but is '{text}'.", name);

    private static double? Number(Func<string, string?> variable, string name) =>
        variable(name) is not { Length: > 0 } text ? null
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && double.IsFinite(number)
            ? number
            : throw Invalid($"{name} must be a number above 0, but is '{text}'.", name);

    private static int? WholeNumber(Func<string, string?> variable, string name) =>
        variable(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw Invalid($"{name} must be a whole number above 0, but is '{text}'.", name);

    private static FaultException Invalid(string message, string name) =>
        new(Fault.Caller("configure_trainer", "setting_invalid", message, name));
}
