using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Unicode;
using FineTune.Core.Faults;
using FineTune.Data.Tokenizers.Json;
using FineTune.Data.Tokenizers.Merging;
using FineTune.Data.Tokenizers.Pieces;
using FineTune.Data.Tokenizers.Ranks;

namespace FineTune.Data.Tokenizers;

/// <summary>
/// A BPE tokenizer in Hugging Face's or tiktoken's format, byte-level (Llama 3, DBRX) or SentencePiece-style (Llama 2, Mistral). Ids equal those of Hugging Face's <c>tokenizers</c> for any text, with one
/// intended difference: the literals of added tokens (<c>&lt;|eot_id|&gt;</c>) inside a text are ordinary characters, so that data can
/// never inject control tokens; those are added by id. Safe for concurrent use.
/// </summary>
public sealed class Tokenizer
{
    internal const string LoadPhase = "load_tokenizer";

    /// <summary>From here on the exact size of its UTF-8 is worth counting, in UTF-16 units.</summary>
    private const int LongText = 1 << 16;
    private static readonly string[] EndNames = ["<|end_of_text|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>"];

    private readonly BpeModel model;
    private readonly IPieceScanner scanner;
    private readonly SpaceRule? spaces;
    private readonly ConcurrentBag<BpeWorkspace> workspaces = [];
    private readonly byte[]?[] tokenBytes;
    private readonly Dictionary<string, int> ids;
    private readonly HashSet<int> special;

    internal Tokenizer(TokenizerParts parts, TokenizerConfig config)
    {
        (model, scanner, spaces, tokenBytes, ids) = (parts.Model, parts.Scanner, parts.Spaces, parts.TokenBytes, parts.Ids);
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

    /// <summary>
    /// Reads <c>tokenizer.json</c>, or without it a file of tiktoken ranks (<c>tokenizer.model</c> of Meta, <c>*.tiktoken</c>), and, if there,
    /// <c>tokenizer_config.json</c> of <paramref name="directory"/>.
    /// </summary>
    /// <exception cref="FaultException">A file is missing, damaged, or uses a part that isn't supported; the message names file and field.</exception>
    public static Tokenizer Load(string directory)
    {
        var parts = !File.Exists(Path.Combine(directory, TokenizerJsonReader.FileName)) && RankFile.Find(directory) is { } ranks
            ? RankTokenizerReader.Read(ranks, TokenizerConfig.AddedTokens(directory), RankLayout.Known)
            : TokenizerJsonReader.Read(directory);
        return new Tokenizer(parts, TokenizerConfig.Load(directory));
    }

    /// <summary>Whether the file named <paramref name="name"/> decides on the tokens of a model.</summary>
    public static bool IsReadFrom(string name) => name is TokenizerConfig.TemplateFileName or RankFile.MetaName
        || name.EndsWith(RankFile.Extension, StringComparison.Ordinal)
        || (name.EndsWith(".json", StringComparison.Ordinal) && !name.EndsWith(".index.json", StringComparison.Ordinal));

    /// <summary>The ids of <paramref name="text"/> taken as ordinary text; no special tokens are added.</summary>
    /// <param name="position">Decides whether SentencePiece vocabularies put a space before the text.</param>
    public int[] Encode(string text, TextPosition position = TextPosition.Start)
    {
        var workspace = Rent();
        workspace.Ids.Clear();
        Encode(text, workspace.Ids, position, workspace);
        var found = workspace.Ids.Ids.ToArray();
        workspaces.Add(workspace);
        return found;
    }

    /// <summary>Appends the ids of <paramref name="text"/> to <paramref name="output"/>; lone surrogates count as U+FFFD.</summary>
    public void Encode(ReadOnlySpan<char> text, TokenBuffer output, TextPosition position = TextPosition.Start)
    {
        var workspace = Rent();
        Encode(text, output, position, workspace);
        workspaces.Add(workspace);
    }

    /// <summary>Appends the ids of UTF-8 text to <paramref name="output"/>; bytes that aren't UTF-8 count as U+FFFD.</summary>
    public void Encode(ReadOnlySpan<byte> utf8, TokenBuffer output, TextPosition position = TextPosition.Start)
    {
        if (!Utf8.IsValid(utf8))
        {
            utf8 = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(utf8));
        }

        var workspace = Rent();
        Encode(utf8, position, output, workspace);
        workspaces.Add(workspace);
    }

    /// <summary>How many ids <see cref="Encode(string, TextPosition)"/> would give.</summary>
    public int Count(string text, TextPosition position = TextPosition.Start)
    {
        using var counter = StartCounting();
        var size = text.Length < LongText ? Encoding.UTF8.GetMaxByteCount(text.Length) : Encoding.UTF8.GetByteCount(text);
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        var count = counter.Count(buffer.AsSpan(0, Encoding.UTF8.GetBytes(text, buffer)), position);
        ArrayPool<byte>.Shared.Return(buffer);
        return count;
    }

    /// <summary>Counts tokens of one text after another; dispose it.</summary>
    internal TokenCounter StartCounting() => new(model, scanner, spaces, Rent(), workspaces.Add);

    /// <summary>The ids of many texts, UTF-8, on all cores.</summary>
    public int[][] EncodeBatch(IReadOnlyList<ReadOnlyMemory<byte>> texts)
    {
        var results = new int[texts.Count][];
        var parts = Environment.ProcessorCount * 16;
        Parallel.For(0, parts, part =>
        {
            var ids = new TokenBuffer();
            for (var i = (int)((long)texts.Count * part / parts); i < (long)texts.Count * (part + 1) / parts; i++)
            {
                ids.Clear();
                Encode(texts[i].Span, ids);
                results[i] = ids.Ids.ToArray();
            }
        });
        return results;
    }

    private void Encode(ReadOnlySpan<byte> utf8, TextPosition position, TokenBuffer output, BpeWorkspace workspace)
    {
        if (utf8.IsEmpty)
        {
            return;
        }

        var text = spaces is null ? utf8 : spaces.Apply(utf8, position, ref workspace.Text);
        var pieces = scanner.Open(text);
        for (var start = 0; start < text.Length;)
        {
            var end = pieces.Next(text, start);
            model.Append(text, start, end, output, workspace);
            start = end;
        }
    }

    private void Encode(ReadOnlySpan<char> text, TokenBuffer output, TextPosition position, BpeWorkspace workspace)
    {
        var size = text.Length < LongText ? Encoding.UTF8.GetMaxByteCount(text.Length) : Encoding.UTF8.GetByteCount(text);
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        Encode(buffer.AsSpan(0, Encoding.UTF8.GetBytes(text, buffer)), position, output, workspace);
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private BpeWorkspace Rent() => workspaces.TryTake(out var workspace) ? workspace : new BpeWorkspace();

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
            $"{TokenizerConfig.FileName}: {field} is '{token}', which the vocabulary doesn't have; export the tokenizer again.",
            TokenizerConfig.FileName,
            Field: field));
    }
}
