using System.Text;
using FineTune.Core.Faults;
using FineTune.Data.Tokenizers.Json;
using FineTune.Data.Tokenizers.Merging;
using FineTune.Data.Tokenizers.Pieces;

namespace FineTune.Data.Tokenizers.Ranks;

/// <summary>
/// Reads a tiktoken vocabulary as byte-level BPE: any two neighbours merge whose joint bytes are a token, in the order of that token's rank. Ids equal
/// those of the <c>tokenizer.json</c> that is made from it.
/// </summary>
internal static class RankTokenizerReader
{
    /// <param name="layout">By the number of tokens.</param>
    public static TokenizerParts Read(string path, IReadOnlyList<AddedToken> configured, Func<int, RankLayout?> layout)
    {
        var file = RankFile.Read(path);
        var known = layout(file.Tokens.Count) ?? throw new FaultException(new Fault(
            Tokenizer.LoadPhase,
            FaultAttribution.Caller,
            "tokenizer_not_supported",
            $"{file.Name} has {file.Tokens.Count:N0} tokens; known are the rank files of Llama 3 (128,000) and of cl100k_base and DBRX (100,256). "
                + $"Export {TokenizerJsonReader.FileName} beside it with Hugging Face's transformers.",
            file.Name));
        var names = configured.ToDictionary(token => token.Id);
        AddedToken[] added = [.. configured, .. known.Added.Where(token => !names.ContainsKey(token.Id))];
        if (added.FirstOrDefault(token => token.Id < file.Tokens.Count) is { } inside)
        {
            throw TokenizerFiles.Invalid(
                TokenizerConfig.FileName, $"added_tokens_decoder gives '{inside.Content}' the id {inside.Id}, which is an ordinary token's in {file.Name}");
        }

        var bytes = new byte[]?[Math.Max(file.Tokens.Count, added.Select(token => token.Id + 1).DefaultIfEmpty().Max())];
        var ids = new Dictionary<string, int>(bytes.Length, StringComparer.Ordinal);
        for (var id = 0; id < file.Tokens.Count; id++)
        {
            bytes[id] = file.Tokens[id];
            ids[ByteLevelAlphabet.TextOf(file.Tokens[id])] = id;
        }

        foreach (var token in added)
        {
            bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
            ids[token.Content] = token.Id;
        }

        var model = new BpeModel(new ByteAlphabet(ByteIds(file)), Merges(file), file.Ids);
        return new TokenizerParts(model, new Llama3Scanner(), null, bytes, ids, added, known.Bos is { } bos ? ids[bos] : null);
    }

    private static int[] ByteIds(RankFile file)
    {
        var ids = new int[256];
        for (var value = 0; value < ids.Length; value++)
        {
            if (!file.Ids.TryFind([(byte)value], out ids[value]))
            {
                throw TokenizerFiles.Invalid(file.Name, $"it lacks the token of byte 0x{value:X2}. Download it again");
            }
        }

        return ids;
    }

    private static MergeTable Merges(RankFile file)
    {
        var merges = new List<(int Left, int Right, int Id)>();
        for (var id = 0; id < file.Tokens.Count; id++)
        {
            ReadOnlySpan<byte> token = file.Tokens[id];
            for (var cut = 1; cut < token.Length; cut++)
            {
                if (file.Ids.TryFind(token[..cut], out var left) && file.Ids.TryFind(token[cut..], out var right))
                {
                    merges.Add((left, right, id));
                }
            }

            if (merges.Count > TokenizerLimits.Merges)
            {
                throw TokenizerFiles.Invalid(file.Name, $"its tokens can be joined in more than {TokenizerLimits.Merges:N0} ways");
            }
        }

        var table = new MergeTable(merges.Count, file.Tokens.Count);
        foreach (var (left, right, id) in merges)
        {
            table.Add(left, right, rank: id, id);
        }

        return table;
    }
}
