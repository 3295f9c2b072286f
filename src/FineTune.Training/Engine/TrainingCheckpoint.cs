using FineTune.Core.Artifacts;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Engine;

/// <summary>What every engine saves, so that each can go on from another's: see <see cref="ITrainingEngine.Checkpoint"/>.</summary>
public static class TrainingCheckpoint
{
    /// <summary>Writes a checkpoint into <paramref name="directory"/>, which appears complete or not at all.</summary>
    public static void Save(this ITrainingEngine engine, string directory) => Write(engine.Checkpoint(), directory);

    /// <summary>Writes the files of a checkpoint into <paramref name="directory"/>, which appears complete or not at all.</summary>
    public static void Write(IReadOnlyList<ArtifactContent> contents, string directory) =>
        AtomicDirectory.Write(directory, folder => FileContent.Write(contents, folder));

    internal static IReadOnlyList<ArtifactContent> Contents(
        LlamaConfig config,
        IReadOnlyList<TensorToWrite> weights,
        IReadOnlyDictionary<string, byte[]> companions,
        ArtifactContent optimizer,
        TrainingState state) =>
    [
        .. ModelFolder.Contents(
            config, weights, companions, weights.Any(weight => weight.Type == TensorType.BF16) ? TensorType.BF16 : TensorType.F32),
        optimizer,
        state.Content(),
    ];
}
