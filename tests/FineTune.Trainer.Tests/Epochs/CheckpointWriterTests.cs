using FineTune.Core.Artifacts;
using FineTune.Trainer.Epochs;

namespace FineTune.Trainer.Tests.Epochs;

public sealed class CheckpointWriterTests : IDisposable
{
    private readonly byte[] memory = [1, 2, 3];
    private readonly CheckpointWriter writer = new(copies: true, TimeProvider.System);
    private readonly TaskCompletionSource storage = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose() => writer.Dispose();

    [Fact]
    public void Save_StorageTakesItsTime_TrainingGoesOnAndTheCopyStays()
    {
        byte[] stored = [];
        writer.Save([ArtifactContent.Of("a", memory)], async contents =>
        {
            await storage.Task;
            stored = Read(contents);
        });
        Assert.True(writer.IsBusy);
        memory[0] = 9;
        storage.SetResult();
        writer.Wait();
        Assert.False(writer.IsBusy);
        Assert.Equal([1, 2, 3], stored);
        Assert.NotNull(writer.LastWrite);
    }

    [Fact]
    public void Save_TheOneBeforeFailed_Throws()
    {
        writer.Save([ArtifactContent.Of("a", memory)], _ => Task.FromException(new IOException("full")));
        Assert.Equal("full", Assert.Throws<IOException>(() => writer.Save([ArtifactContent.Of("a", memory)], _ => Task.CompletedTask)).Message);
    }

    [Fact]
    public void Save_WithoutCopies_WritesTheMemoryItselfBeforeItReturns()
    {
        using var waiting = new CheckpointWriter(copies: false, TimeProvider.System);
        byte[] stored = [];
        waiting.Save([ArtifactContent.Of("a", memory)], contents =>
        {
            stored = Read(contents);
            return Task.CompletedTask;
        });
        Assert.False(waiting.IsBusy);
        Assert.Equal([1, 2, 3], stored);
    }

    private static byte[] Read(IReadOnlyList<ArtifactContent> contents)
    {
        using var stream = contents[0].Open();
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
