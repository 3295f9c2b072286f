using System.Text.Json;
using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Training.Numerics;

namespace FineTune.Training.Engine;

/// <summary><c>training_state.json</c>: what a checkpoint holds beside tensors.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Numerics">Under which the weights came about; others continue to within rounding only.</param>
public sealed record TrainingState(long Step, Hyperparameters Hyperparameters, NumericsSettings Numerics)
{
    public const string FileName = "training_state.json";

    public static TrainingState Read(string directory)
    {
        try
        {
            var json = File.ReadAllText(Path.Combine(directory, FileName));
            return JsonSerializer.Deserialize<TrainingState>(json, WireJson.Options) ?? throw new JsonException("It is null.");
        }
        catch (Exception unreadable) when (unreadable is JsonException or FileNotFoundException)
        {
            var message = $"The checkpoint's {FileName} cannot be read: {unreadable.Message} Resume from another checkpoint.";
            throw new FaultException(Fault.Caller("load_checkpoint", "checkpoint_invalid", message) with { File = FileName }, unreadable);
        }
    }

    public ArtifactContent Content() =>
        ArtifactContent.Of(FileName, [.. JsonSerializer.SerializeToUtf8Bytes(this, WireJson.Indented), (byte)'\n']);
}
