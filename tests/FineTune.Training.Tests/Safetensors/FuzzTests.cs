using System.Diagnostics;
using System.Globalization;
using System.Text;
using FineTune.Core.Faults;
using FineTune.Training.Models;
using FineTune.Training.Safetensors;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Safetensors;

/// <summary>
/// Mutated model folders: whatever the bytes, opening and reading one gives weights or a fault of the closed set, nothing else. The seed is
/// printed; <c>FINETUNE_FUZZ_SEED</c> repeats a run, <c>FINETUNE_FUZZ_SECONDS</c> makes it longer.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private static readonly HashSet<string> Known =
    [
        .. Enum.GetValues<SafetensorsError>().Select(error => error.At("x", "x").Fault.Code),
        "model_weights_mismatch", "model_config_invalid", "model_config_unsupported",
    ];

    /// <summary>What headers are made of.</summary>
    private static readonly string[] Words =
    [
        "{", "}", "[", "]", "\"", ",", ":", "-", "0", "1", "4", "8", "9223372036854775807", "18446744073709551615", "1e308", "-1", "null", "true",
        "\"dtype\"", "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"F32\"", "\"BF16\"", "\"F64\"", "\"I8\"", "\\u0000", "\\ud800", "é",
        "\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", "\"weight_map\":{}", "[[[[[[[[", "../",
    ];

    [Fact]
    public void Open_MutatedFolder_GivesWeightsOrAKnownFault()
    {
        var seed = Setting("FINETUNE_FUZZ_SEED") ?? Random.Shared.Next();
        var seconds = Setting("FINETUNE_FUZZ_SECONDS") ?? 4;
        output.WriteLine($"FINETUNE_FUZZ_SEED={seed}");
        using var folder = new TempFolder();
        var single = TestModels.Write(TestModels.Tiny with { Layers = 1 }, folder["single"]);
        var sharded = TestModels.Write(TestModels.Tiny with { Layers = 1 }, folder["sharded"], TensorType.BF16, maxShardBytes: 2000);
        (string Folder, string File)[] targets =
        [
            (single, "model.safetensors"), (single, "config.json"),
            (sharded, "model.safetensors.index.json"), (sharded, Path.GetFileName(Directory.GetFiles(sharded, "model-00001-*").Single())),
        ];
        byte[][] originals = [.. targets.Select(target => File.ReadAllBytes(Path.Combine(target.Folder, target.File)))];
        var (began, cases, read) = (Stopwatch.GetTimestamp(), 0L, 0L);
        for (; Stopwatch.GetElapsedTime(began).TotalSeconds < seconds; cases++)
        {
            var random = new Random(unchecked(seed + (int)cases));
            var which = random.Next(targets.Length);
            var path = Path.Combine(targets[which].Folder, targets[which].File);
            var mutated = Mutate(originals[which], random);
            File.WriteAllBytes(path, mutated);
            try
            {
                read += ReadAll(targets[which].Folder) ? 1 : 0;
            }
            catch (Exception other)
            {
                Assert.Fail($"Case {cases} of seed {seed} ({targets[which].File}): {other}");
            }

            File.WriteAllBytes(path, originals[which]);
        }

        output.WriteLine($"{cases} cases, {read} of them readable");
        Assert.InRange(read, 1, cases - 1);
    }

    /// <summary>False when it is refused.</summary>
    private static bool ReadAll(string directory)
    {
        try
        {
            using var model = ModelFolder.Open(directory);
            foreach (var name in model.Weights.Names)
            {
                var values = new float[model.Weights.Info(name).Count];
                model.Weights.Read(name, 0, values);
            }

            return true;
        }
        catch (FaultException refused) when (Known.Contains(refused.Fault.Code) && refused.Fault.Attribution == FaultAttribution.Caller)
        {
            return false;
        }
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (var changes = 1 + random.Next(4); changes > 0; changes--)
        {
            // Mostly in the header, where the decisions are.
            var at = random.Next(random.Next(8) == 0 ? bytes.Count + 1 : Math.Min(bytes.Count + 1, 900));
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 200), bytes.Count - at)));
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)]));
                    break;
            }
        }

        return [.. bytes];
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
