using System.Buffers;
using System.Buffers.Text;
using FineTune.Core.Faults;
using FineTune.Data.Tokenizers.Json;
using FineTune.Data.Tokenizers.Merging;

namespace FineTune.Data.Tokenizers.Ranks;

/// <summary>
/// A vocabulary in tiktoken's format: a line for each token with its bytes in Base64, a space and its rank, which is both its id and the order of merges.
/// </summary>
/// <param name="Tokens">By rank.</param>
/// <param name="Ids">Ranks by the tokens' bytes.</param>
internal sealed record RankFile(string Name, IReadOnlyList<byte[]> Tokens, PieceTable Ids)
{
    /// <summary>Meta's name for it; SentencePiece models have the same.</summary>
    public const string MetaName = "tokenizer.model";

    public const string Extension = ".tiktoken";

    private static readonly SearchValues<byte> TextBytes = SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(value => (byte)value), (byte)'\r', (byte)'\n']);

    /// <summary>The folder's rank file, or what goes by its name; null when there is none.</summary>
    /// <exception cref="FaultException">There are several.</exception>
    public static string? Find(string directory)
    {
        string[] found = Directory.Exists(directory) ? [.. Directory.EnumerateFiles(directory, "*" + Extension).Order(StringComparer.Ordinal)] : [];
        if (found.Length > 1)
        {
            throw TokenizerFiles.Invalid(Path.GetFileName(found[1]), $"the folder has {Path.GetFileName(found[0])}, too; keep the model's own one");
        }

        var meta = Path.Combine(directory, MetaName);
        return found.FirstOrDefault() ?? (File.Exists(meta) ? meta : null);
    }

    /// <exception cref="FaultException">It isn't a rank file, or a damaged one; the message names the line.</exception>
    public static RankFile Read(string path)
    {
        var file = new FileInfo(path);
        if (file.Length > TokenizerLimits.RankFileBytes)
        {
            throw TokenizerFiles.Invalid(file.Name, $"it is {file.Length:N0} bytes long, more than the {TokenizerLimits.RankFileBytes:N0} allowed for a rank file");
        }

        ReadOnlySpan<byte> bytes = File.ReadAllBytes(path);
        if (bytes[..Math.Min(bytes.Length, 1024)].ContainsAnyExcept(TextBytes))
        {
            throw TokenizerFiles.Invalid(
                file.Name,
                $"it is binary, as SentencePiece's models are, and no rank file. Export {TokenizerJsonReader.FileName} beside it with "
                    + "AutoTokenizer.from_pretrained(folder).save_pretrained(folder) of Hugging Face's transformers");
        }

        var (tokens, ids) = (new List<byte[]?>(), new PieceTable());
        var count = 0;
        for (var line = 1; !bytes.IsEmpty; line++)
        {
            var end = bytes.IndexOf((byte)'\n');
            var content = (end < 0 ? bytes : bytes[..end]).TrimEnd((byte)'\r');
            bytes = end < 0 ? [] : bytes[(end + 1)..];
            if (!content.IsEmpty)
            {
                Add(file.Name, line, content, tokens, ids);
                count++;
            }
        }

        return count == tokens.Count && count > 0
            ? new RankFile(file.Name, tokens!, ids)
            : throw TokenizerFiles.Invalid(file.Name, $"its {count:N0} tokens have ranks up to {tokens.Count - 1:N0}, but ranks must count from 0 without gaps. Download it again");
    }

    private static void Add(string file, int line, ReadOnlySpan<byte> content, List<byte[]?> tokens, PieceTable ids)
    {
        var space = content.IndexOf((byte)' ');
        if (space <= 0 || !Utf8Parser.TryParse(content[(space + 1)..], out int rank, out var digits) || space + 1 + digits != content.Length
            || rank is < 0 or >= TokenizerLimits.Ids)
        {
            throw Damaged(file, line, $"must be a token in Base64, a space and its rank below {TokenizerLimits.Ids:N0}");
        }

        var token = new byte[Base64.GetMaxDecodedFromUtf8Length(space)];
        if (space > Base64.GetMaxEncodedToUtf8Length(TokenizerLimits.TokenBytes)
            || Base64.DecodeFromUtf8(content[..space], token, out _, out var length) != OperationStatus.Done || length == 0 || length > TokenizerLimits.TokenBytes)
        {
            throw Damaged(file, line, $"must begin with a token of 1 to {TokenizerLimits.TokenBytes} bytes in Base64");
        }

        token = token[..length];
        while (tokens.Count <= rank)
        {
            tokens.Add(null);
        }

        if (tokens[rank] is not null || ids.TryFind(token, out _))
        {
            throw Damaged(file, line, tokens[rank] is null ? "has the token of a line before it" : $"has the rank {rank} of a line before it");
        }

        tokens[rank] = token;
        ids.Add(token, rank);
    }

    private static FaultException Damaged(string file, int line, string problem) => new(new Fault(
        Tokenizer.LoadPhase, FaultAttribution.Caller, "tokenizer_invalid", $"{file}: line {line:N0} {problem}. Download the file again.", file, line));
}
