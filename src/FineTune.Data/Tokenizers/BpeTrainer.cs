using System.Text;

namespace FineTune.Data.Tokenizers;

/// <summary>
/// Learns a byte-level BPE vocabulary (Sennrich et al. 2016, algorithm 1). Deterministic: of equally frequent pairs the one with the
/// smaller ids is merged first, so neither the order of texts nor of hash tables matters.
/// </summary>
public static class BpeTrainer
{
    public static BpeVocabulary Train(IEnumerable<string> texts, BpeTrainerOptions options)
    {
        var words = new TrainingWords(CountPieces(texts, new PreTokenizer(options.Pattern)));
        var tokens = Enumerable.Range(0, 256).Select(value => new[] { (byte)value }).ToList();
        var known = tokens.Select(Encoding.Latin1.GetString).ToHashSet(StringComparer.Ordinal);
        var merges = new List<(int Left, int Right)>();
        while (merges.Count < options.Merges && words.TakeMostFrequent(options.MinimumFrequency) is { } pair)
        {
            byte[] merged = [.. tokens[pair.Left], .. tokens[pair.Right]];
            if (!known.Add(Encoding.Latin1.GetString(merged)))
            {
                // The same text by another way ("a"+"bc" after "ab"+"c"): a second token for it would never be used.
                continue;
            }

            words.Merge(pair, tokens.Count);
            tokens.Add(merged);
            merges.Add(pair);
        }

        return new BpeVocabulary(tokens, merges);
    }

    private static Dictionary<string, long> CountPieces(IEnumerable<string> texts, PreTokenizer preTokenizer)
    {
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var start = 0;
            foreach (var end in preTokenizer.Split(text))
            {
                var piece = text[start..end];
                counts[piece] = counts.GetValueOrDefault(piece) + 1;
                start = end;
            }
        }

        return counts;
    }
}
