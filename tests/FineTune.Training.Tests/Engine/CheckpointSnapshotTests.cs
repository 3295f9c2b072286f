using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Engine;

public sealed class CheckpointSnapshotTests
{
    [Fact]
    public void Take_ThenTrainOn_StaysWhatItWas()
    {
        using var folder = new TempFolder();
        TestModels.Write(TestModels.Tiny, folder["model"]);
        using var engine = CpuEngine.Open(folder["model"], null, TestModels.Hyperparameters());
        using var snapshot = new CheckpointSnapshot();
        for (var time = 0; time < 2; time++)
        {
            engine.Step([TestModels.Batch(TestModels.Tiny, rows: 4, length: 20, seed: time)], 1e-2);
            engine.Save(folder[$"now-{time}"]);
            snapshot.Take(engine.Checkpoint());
            engine.Step([TestModels.Batch(TestModels.Tiny, rows: 4, length: 20, seed: time + 7)], 1e-2);
            TrainingCheckpoint.Write(snapshot.Contents, folder[$"later-{time}"]);
            Assert.Equal(CheckpointSnapshot.Size(engine.Checkpoint()), Directory.GetFiles(folder[$"now-{time}"]).Sum(file => new FileInfo(file).Length));
            foreach (var file in Directory.GetFiles(folder[$"now-{time}"]))
            {
                Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder[$"later-{time}"], Path.GetFileName(file))));
            }
        }

        Assert.NotEqual(
            File.ReadAllBytes(Path.Combine(folder["now-0"], "model.safetensors")), File.ReadAllBytes(Path.Combine(folder["now-1"], "model.safetensors")));
    }
}
