using System.Text;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests.Tokenizers.Ranks;

/// <summary>Rank files made here.</summary>
internal static class RankFiles
{
    /// <summary>The bytes, the tokens given, and pairs of other bytes up to <paramref name="count"/> tokens in all.</summary>
    public static string Of(int count, params string[] tokens)
    {
        var all = Enumerable.Range(0, 256).Select(value => new[] { (byte)value })
            .Concat(tokens.Select(Encoding.UTF8.GetBytes))
            .Concat(Enumerable.Range(0, int.MaxValue).Select(number => new byte[] { 0xF8, (byte)(number >> 16), (byte)(number >> 8), (byte)number }));
        return Lines(all.Take(count));
    }

    /// <summary>The vocabulary of a byte-level tokenizer without its added tokens.</summary>
    public static string Of(Tokenizer tokenizer) =>
        Lines(Enumerable.Range(0, tokenizer.AddedTokens.Min(token => token.Id)).Select(id => tokenizer.TokenBytes(id).ToArray()));

    private static string Lines(IEnumerable<byte[]> tokens) =>
        string.Concat(tokens.Select((token, rank) => $"{Convert.ToBase64String(token)} {rank}\n"));
}
