using System.Text;
using FineTune.Core.Faults;

namespace FineTune.Data.Tokenizers;

/// <summary>
/// A byte-level BPE tokenizer in Hugging Face's format. Ids equal those of Hugging Face's <c>tokenizers</c> for any text, with one
/// intended difference: the literals of added tokens (<c>&lt;|eot_id|&gt;</c>) inside a text are ordinary characters, so that data can
/// never inject control tokens; those are added by id. Safe for concurrent use.
/// </summary>
public sealed class Tokenizer
{
    internal const string LoadPhase = "load_tokenizer";
    private static readonly string[] EndNames = ["<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>"];

    private readonly BpeModel model;
    private readonly PreTokenizer preTokenizer;
    private readonly byte[]?[] tokenBytes;
    private readonly Dictionary<string, int> ids;
    private readonly HashSet<int> special;

    internal Tokenizer(TokenizerParts parts, TokenizerConfig config)
    {
        (model, preTokenizer, tokenBytes, ids) = (parts.Model, parts.PreTokenizer, parts.TokenBytes, parts.Ids);
        special = [.. parts.AddedTokens.Where(token => token.Special).Select(token => token.Id)];
        BosId = Named(config.BosToken, "bos_token") ?? parts.TemplateBosId;
        EosId = Named(config.EosToken, "eos_token") ?? EndNames.Select(TokenId).FirstOrDefault(id => id is not null);
        PadId = Named(config.PadToken, "pad_token");
        EosIds = [.. EndNames.Select(TokenId).Prepend(EosId).OfType<int>().Distinct()];
        ChatTemplate = config.ChatTemplate;
        AddedTokens = parts.AddedTokens;
    }

    /// <summary>One more than the largest id, hence the rows an embedding needs.</summary>
    public int VocabularySize => tokenBytes.Length;

    /// <summary>The token that begins every sequence, if the model has one.</summary>
    public int? BosId { get; }

    /// <summary>The token that ends a response or document (<c>eos_token</c>).</summary>
    public int? EosId { get; }

    public int? PadId { get; }

    /// <summary>Every token at which generation stops: <see cref="EosId"/> first, then ends of turn and text.</summary>
    public IReadOnlyList<int> EosIds { get; }

    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>The model's own chat template (Jinja), if it has one.</summary>
    public string? ChatTemplate { get; }

    /// <summary>Reads <c>tokenizer.json</c> and, if there, <c>tokenizer_config.json</c> of <paramref name="directory"/>.</summary>
    /// <exception cref="FaultException">A file is missing, damaged, or uses a part that isn't supported; the message names file and field.</exception>
    public static Tokenizer Load(string directory) => new(TokenizerJsonReader.Read(directory), TokenizerConfig.Load(directory));

    /// <summary>The ids of <paramref name="text"/> taken as ordinary text; no special tokens are added.</summary>
    public int[] Encode(string text)
    {
        var tokens = new List<int>((text.Length / 3) + 4);
        var start = 0;
        foreach (var end in preTokenizer.Split(text))
        {
            model.Append(text.AsSpan(start, end - start), tokens);
            start = end;
        }

        return [.. tokens];
    }

    /// <summary>The text of <paramref name="ids"/>; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <param name="skipSpecial">Leave control tokens out instead of spelling them.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is outside the vocabulary.</exception>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = true)
    {
        using var bytes = new MemoryStream();
        foreach (var id in ids)
        {
            if (!skipSpecial || !special.Contains(id))
            {
                bytes.Write(TokenBytes(id).Span);
            }
        }

        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>The UTF-8 bytes of a token, which may be part of a character only; empty for ids without a token.</summary>
    public ReadOnlyMemory<byte> TokenBytes(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, VocabularySize);
        return tokenBytes[id];
    }

    /// <summary>Whether <paramref name="id"/> is a control token.</summary>
    public bool IsSpecial(int id) => special.Contains(id);

    /// <summary>The id of a token by its name in the vocabulary, e.g. <c>&lt;|eot_id|&gt;</c>, or null.</summary>
    public int? TokenId(string token) => ids.TryGetValue(token, out var id) ? id : null;

    private int? Named(string? token, string field)
    {
        if (token is null)
        {
            return null;
        }

        return TokenId(token) ?? throw new FaultException(new Fault(
            LoadPhase,
            FaultAttribution.Caller,
            "tokenizer_invalid",
            $"{TokenizerConfig.FileName}: {field} is '{token}', which tokenizer.json doesn't have; export the tokenizer again.",
            TokenizerConfig.FileName,
            Field: field));
    }
}
