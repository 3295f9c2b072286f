using FineTune.Training.Models;

namespace FineTune.Training.Engine;

/// <summary>The folder every engine saves, so that each can go on from another's: see <see cref="ITrainingEngine.Save"/>.</summary>
internal static class TrainingCheckpoint
{
    public static void Write(string directory, LlamaModel model, Action<string> saveOptimizer, TrainingState state) =>
        AtomicDirectory.Write(directory, folder =>
        {
            ModelFolder.Write(folder, model.Config, model.ToWrite(), model.Companions);
            saveOptimizer(folder);
            state.Write(folder);
        });
}
