using FineTune.Core.Artifacts;
using FineTune.Training.Engine;
using FineTune.Training.Numerics;

namespace FineTune.Trainer.Epochs;

/// <summary>
/// Writes an epoch's checkpoints straight from memory to storage: from a copy while training goes on, where there is room for one, else
/// from the engine's own memory while training waits. One at a time.
/// </summary>
/// <param name="copies">False never takes a copy.</param>
public sealed class CheckpointWriter(bool copies, TimeProvider clock) : IDisposable
{
    /// <summary>A copy must leave as much again as a half of it.</summary>
    private const double Headroom = 1.5;

    private readonly CheckpointSnapshot snapshot = new();
    private Task writing = Task.CompletedTask;

    /// <summary>Whether the last one is still being written.</summary>
    public bool IsBusy => !writing.IsCompleted;

    /// <summary>How long the last one took to write; null before the first.</summary>
    public TimeSpan? LastWrite { get; private set; }

    /// <summary>Hands a checkpoint over; if it cannot be written, the next call throws.</summary>
    /// <param name="publish">Stores the files it is given.</param>
    public void Save(IReadOnlyList<ArtifactContent> contents, Func<IReadOnlyList<ArtifactContent>, Task> publish)
    {
        Wait();
        if (!copies || !HasRoom(contents))
        {
            WriteAsync(contents, publish).GetAwaiter().GetResult();
            return;
        }

        snapshot.Take(contents);
        writing = Task.Run(() => WriteAsync(snapshot.Contents, publish));
    }

    /// <summary>Waits for the one being written.</summary>
    public void Wait() => writing.GetAwaiter().GetResult();

    public void Dispose()
    {
        // Its failure, if any, is no longer of interest, but the copy's memory must not go before the reading of it has ended.
        writing.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        snapshot.Dispose();
    }

    private async Task WriteAsync(IReadOnlyList<ArtifactContent> contents, Func<IReadOnlyList<ArtifactContent>, Task> publish)
    {
        var began = clock.GetTimestamp();
        await publish(contents);
        LastWrite = clock.GetElapsedTime(began);
    }

    // Once taken, the copy's memory is the process's own.
    private bool HasRoom(IReadOnlyList<ArtifactContent> contents) =>
        snapshot.Contents.Count > 0 || CheckpointSnapshot.Size(contents) * Headroom < FreeMemory.Bytes();
}
