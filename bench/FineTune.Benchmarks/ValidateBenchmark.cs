using System.Diagnostics;
using System.Text.Json;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;
using FineTune.Data.Validation;

namespace FineTune.Benchmarks;

/// <summary>The structural pass over a file, or with a tokenizer the counting one: speed and peak memory of a process of its own.</summary>
public static class ValidateBenchmark
{
    private static readonly string[] Words = ["the", "model", "answers", "what", "was", "asked", "of", "it", "and", "nothing", "else", "naïve", "数据", "\\n"];

    /// <param name="file">A .jsonl file; read once to warm the code up by its first 16 MiB, then whole.</param>
    /// <param name="tokenizer">Folder of a tokenizer; null for the structure alone.</param>
    public static async Task<string> RunAsync(string file, string? tokenizer)
    {
        var source = DatasetSource.FromFile(file);
        var taskType = await TaskTypeGuess.OfAsync([source]);
        var options = ValidationOptions.Default with { Encoder = tokenizer is null ? null : Encoder(tokenizer, taskType) };
        await DatasetValidator.ValidateAsync([source with { OpenAsync = _ => Task.FromResult<Stream>(Beginning(file)) }], taskType, options);
        var clock = Stopwatch.StartNew();
        var report = await DatasetValidator.ValidateAsync([source], taskType, options);
        var seconds = clock.Elapsed.TotalSeconds;
        return JsonSerializer.Serialize(
            new
            {
                MbPerSecond = report.Bytes / 1e6 / seconds,
                PeakRssBytes = Process.GetCurrentProcess().PeakWorkingSet64,
                report.Bytes,
                Seconds = seconds,
                report.Examples,
                report.Errors,
                report.Warnings,
                report.Tokens?.PerEpoch,
            },
            WireJson.Options);
    }

    /// <summary>Writes conversations of varied length into <paramref name="file"/> until it has <paramref name="megabytes"/> MB.</summary>
    public static void Generate(string file, int megabytes)
    {
        var random = new Random(1);
        using var writer = new StreamWriter(file);
        for (long i = 0, bytes = 0; bytes < megabytes * 1_000_000L; i++)
        {
            var line = $"{{\"messages\": [{{\"role\": \"user\", \"content\": \"{i} {Text()}\"}}, {{\"role\": \"assistant\", \"content\": \"{Text()}\"}}]}}";
            writer.Write(line);
            writer.Write('\n');
            bytes += line.Length + 1;
        }

        string Text() => string.Join(' ', random.GetItems(Words, random.Next(4, 160)));
    }

    private static MemoryStream Beginning(string file)
    {
        using var stream = File.OpenRead(file);
        var bytes = new byte[Math.Min(stream.Length, 16 << 20)];
        stream.ReadExactly(bytes);
        return new MemoryStream(bytes);
    }

    private static ExampleEncoder Encoder(string folder, TaskType taskType)
    {
        var tokenizer = Tokenizer.Load(folder);
        var template = taskType == TaskType.ChatCompletion ? ChatTemplate.For(tokenizer, new DateOnly(2026, 1, 1)) : null;
        return new ExampleEncoder(tokenizer, template, 8192);
    }
}
