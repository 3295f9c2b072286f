using System.Diagnostics;
using System.Text.Json;
using FineTune.Data.Tokenizers;

namespace FineTune.Benchmarks;

/// <summary>Encodes a file's lines on all cores, and has Hugging Face's tokenizers do the same between the rounds.</summary>
internal static class TokenizeBenchmark
{
    private const int Rounds = 3;

    /// <param name="peer">Folder with <c>node_modules/@anush008/tokenizers</c>, or null to measure without it.</param>
    public static string Run(string file, string tokenizerFolder, string? peer)
    {
        var tokenizer = Tokenizer.Load(tokenizerFolder);
        var (ours, theirs) = (new List<double>(), new List<double>());
        var ids = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            (var rate, ids) = Encode(tokenizer, file);
            ours.Add(rate);
            if (peer is not null)
            {
                theirs.AddRange(Ask(file, tokenizerFolder, peer));
            }
        }

        return JsonSerializer.Serialize(new
        {
            bytes = new FileInfo(file).Length,
            ids,
            megabytes_per_second = ours.Max(),
            median_megabytes_per_second = Samples.Median(ours),
            peak_rss_bytes = Process.GetCurrentProcess().PeakWorkingSet64,
            peer_megabytes_per_second = theirs.Count == 0 ? (double?)null : theirs.Max(),
            ratio = theirs.Count == 0 ? (double?)null : ours.Max() / theirs.Max(),
            median_ratio = theirs.Count == 0 ? (double?)null : Samples.Median(ours) / Samples.Median(theirs),
        });
    }

    private static (double MegabytesPerSecond, long Ids) Encode(Tokenizer tokenizer, string file)
    {
        using var stream = File.OpenRead(file);
        var watch = Stopwatch.StartNew();
        var ids = TextLines.ReadBatches(stream).Sum(lines => tokenizer.EncodeBatch(lines).Sum(line => (long)line.Length));
        return (stream.Length / 1e6 / watch.Elapsed.TotalSeconds, ids);
    }

    private static double[] Ask(string file, string tokenizerFolder, string peer)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "tokenize-peer.mjs");
        var start = new ProcessStartInfo("node", [script, Path.GetFullPath(file), Path.GetFullPath(tokenizerFolder), Path.GetFullPath(peer), "1"])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<double[]>(output)!
            : throw new InvalidOperationException($"node ended with {process.ExitCode}; --peer DIR needs @anush008/tokenizers below it.");
    }
}
