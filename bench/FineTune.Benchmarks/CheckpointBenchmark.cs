using System.Diagnostics;
using FineTune.Core.Artifacts;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Training;
using FineTune.Training.Engine;
using FineTune.Training.Models;
using FineTune.Training.Numerics;

namespace FineTune.Benchmarks;

/// <summary>
/// A checkpoint as it is streamed from memory to the disk, against a plain sequential writer of as many bytes in turn with it, both to
/// the end of the disk's own write; and one written from a copy while training goes on: how much training it costs.
/// </summary>
public static class CheckpointBenchmark
{
    private const int StepsBetween = 4;
    private const double LearningRate = 1e-4;

    /// <summary>The trainer's: checkpoints are at least a minute and 20 times their writing apart.</summary>
    private const double LeastInterval = 60;
    private const double WriteTimeFactor = 20;

    private static readonly Hyperparameters Settings = new HyperparametersRequest(MaxGradNorm: 0).Resolve(LearningRate);

    public static string Run(BenchmarkShape shape)
    {
        var numerics = TorchRuntime.Start();
        using var folder = new BenchmarkFolder();
        LlamaInitializer.Write(shape.Config, 1, Directory.CreateDirectory(folder["model"]).FullName);
        using ITrainingEngine engine = CpuEngine.Open(folder["model"], null, Settings);
        Directory.Delete(folder["model"], recursive: true);
        var bytes = CheckpointSnapshot.Size(engine.Checkpoint());
        var streamed = Streamed(engine, shape.Rounds, folder, bytes);
        return WireJson.Serialize(new
        {
            parameters = shape.Config.Parameters,
            checkpoint_bytes = bytes,
            streamed,
            background = shape.Steps == 0 ? null : Background(engine, shape, folder),
            peak_rss_bytes = Process.GetCurrentProcess().PeakWorkingSet64,
            numerics,
        });
    }

    private static object Streamed(ITrainingEngine engine, int rounds, BenchmarkFolder folder, long bytes)
    {
        var (ours, plain) = (new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            plain.Add(bytes / Seconds(() => WritePlain(folder["plain"], bytes)));
            File.Delete(folder["plain"]);
            ours.Add(bytes / Seconds(() => WriteAndFlush(engine.Checkpoint(), folder["checkpoint"])));
            Directory.Delete(folder["checkpoint"], recursive: true);
        }

        double[] shares = [.. ours.Zip(plain, (left, right) => left / right)];
        return new
        {
            bytes_per_second = Samples.Median(ours),
            best_bytes_per_second = ours.Max(),
            plain_bytes_per_second = Samples.Median(plain),
            best_plain_bytes_per_second = plain.Max(),
            share = Samples.Median(shares),
            best_share = ours.Max() / plain.Max(),
        };
    }

    /// <summary>Steps before, steps while it is written, steps after: the difference and the copy are what training loses.</summary>
    private static object Background(ITrainingEngine engine, BenchmarkShape shape, BenchmarkFolder folder)
    {
        var undisturbed = new List<double>();
        var (copies, losses, writes, disturbed) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        using var snapshot = new CheckpointSnapshot();
        Step(engine, shape);
        for (var round = 0; round < shape.Rounds; round++)
        {
            undisturbed.AddRange(Enumerable.Range(0, StepsBetween).Select(_ => Step(engine, shape)));
            copies.Add(Seconds(() => snapshot.Take(engine.Checkpoint())));
            var writing = Task.Run(() => Seconds(() => WriteAndFlush(snapshot.Contents, folder["checkpoint"])));
            var during = new List<double>();
            while (!writing.IsCompleted)
            {
                during.Add(Step(engine, shape));
            }

            writes.Add(writing.GetAwaiter().GetResult());
            Directory.Delete(folder["checkpoint"], recursive: true);
            undisturbed.AddRange(Enumerable.Range(0, StepsBetween).Select(_ => Step(engine, shape)));
            var step = undisturbed.TakeLast(2 * StepsBetween).Order().ElementAt(StepsBetween);
            disturbed.AddRange(during);
            losses.Add(copies[^1] + Math.Max(0, during.Sum() - (during.Count * step)));
        }

        // The first copy also takes the memory it is kept in.
        var (write, copy, loss) = (Samples.Median(writes), Samples.Median(copies), Samples.Median(losses));
        var interval = Math.Max(LeastInterval, WriteTimeFactor * write);
        return new
        {
            step_seconds = Samples.Median(undisturbed),
            step_seconds_while_writing = Samples.Median(disturbed),
            first_copy_seconds = copies[0],
            copy_seconds = copy,
            write_seconds = write,
            lost_seconds = loss,
            interval_seconds = interval,
            stalled_share = copy / interval,
            lost_share = loss / interval,
        };
    }

    private static double Step(ITrainingEngine engine, BenchmarkShape shape)
    {
        var batch = MicroBatch.Pad(shape.Sequences((int)engine.StepsDone));
        return Seconds(() => engine.Step([batch], LearningRate));
    }

    private static void WriteAndFlush(IReadOnlyList<ArtifactContent> contents, string folder)
    {
        TrainingCheckpoint.Write(contents, folder);
        foreach (var file in Directory.GetFiles(folder))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
            stream.Flush(flushToDisk: true);
        }
    }

    private static void WritePlain(string file, long bytes)
    {
        var piece = new byte[4 << 20];
        Random.Shared.NextBytes(piece);
        using var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, PreallocationSize = bytes });
        for (var left = bytes; left > 0; left -= piece.Length)
        {
            stream.Write(piece.AsSpan(0, (int)Math.Min(left, piece.Length)));
        }

        stream.Flush(flushToDisk: true);
    }

    private static double Seconds(Action work)
    {
        var began = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
