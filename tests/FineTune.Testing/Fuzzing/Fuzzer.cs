using System.Diagnostics;
using System.Globalization;

namespace FineTune.Testing.Fuzzing;

/// <summary>
/// A seeded mutational loop: inputs are made from a corpus and from earlier inputs by flipping, inserting, removing and splicing bytes.
/// FINETUNE_FUZZ_SECONDS sets how long each target runs (default 10), FINETUNE_FUZZ_SEED where it begins; a failure names the seed, the
/// iteration and the input.
/// </summary>
public sealed class Fuzzer(IReadOnlyList<byte[]> corpus, IReadOnlyList<byte[]> tokens)
{
    private const int MaximumBytes = 1 << 14;
    private const int PoolSize = 512;

    /// <summary>Calls <paramref name="target"/> until the time is over; whatever it throws is a failure.</summary>
    /// <returns>How often, and from which seed.</returns>
    public async Task<string> RunAsync(Func<byte[], Task> target)
    {
        var seconds = Number("FINETUNE_FUZZ_SECONDS") ?? 10;
        var seed = (int)(Number("FINETUNE_FUZZ_SEED") ?? Random.Shared.Next());
        var random = new Random(seed);
        var pool = corpus.ToList();
        var clock = Stopwatch.StartNew();
        var iteration = 0L;
        for (; clock.Elapsed.TotalSeconds < seconds; iteration++)
        {
            var input = iteration < corpus.Count ? corpus[(int)iteration] : Mutate(pool[random.Next(pool.Count)], pool, random);
            try
            {
                await target(input);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"Seed {seed}, iteration {iteration}, input (base64): {Convert.ToBase64String(input)}", failure);
            }

            if (pool.Count < PoolSize)
            {
                pool.Add(input);
            }
            else
            {
                pool[random.Next(corpus.Count, PoolSize)] = input;
            }
        }

        return $"seed {seed}, {iteration} inputs";
    }

    private byte[] Mutate(byte[] input, List<byte[]> pool, Random random)
    {
        var bytes = input.ToList();
        for (var changes = random.Next(1, 6); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.InsertRange(at, tokens[random.Next(tokens.Count)]);
                    break;
                case 3:
                    bytes.RemoveRange(at, random.Next(Math.Min(64, bytes.Count - at) + 1));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(Math.Min(256, bytes.Count - at) + 1)));
                    break;
                default:
                    var other = pool[random.Next(pool.Count)];
                    bytes = [.. bytes[..at], .. other[random.Next(other.Length + 1)..]];
                    break;
            }
        }

        return [.. bytes.Take(MaximumBytes)];
    }

    private static double? Number(string variable) =>
        double.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : null;
}
