using System.Globalization;
using System.Text.Json;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Data.Tokenizers.Json;

namespace FineTune.Data.Tokenizers;

/// <summary>What <c>tokenizer_config.json</c> (and <c>chat_template.jinja</c> beside it) adds to <c>tokenizer.json</c>; all optional.</summary>
/// <param name="ChatTemplate">Jinja text that renders conversations.</param>
public sealed record TokenizerConfig(string? BosToken, string? EosToken, string? PadToken, string? ChatTemplate)
{
    public const string FileName = "tokenizer_config.json";

    /// <summary>Holds the chat template in newer folders, and counts before the one in <see cref="FileName"/>.</summary>
    public const string TemplateFileName = "chat_template.jinja";

    public static TokenizerConfig Load(string directory)
    {
        var separate = Path.Combine(directory, TemplateFileName);
        var template = File.Exists(separate) ? File.ReadAllText(separate) : null;
        using var document = TokenizerFiles.Parse(directory, FileName);
        if (document is null)
        {
            return new TokenizerConfig(null, null, null, template);
        }

        var root = new JsonField(document.RootElement, FileName, "");
        return new TokenizerConfig(Token(root, "bos_token"), Token(root, "eos_token"), Token(root, "pad_token"), template ?? Template(root));
    }

    /// <summary>What <c>added_tokens_decoder</c> names; rank files leave it to this.</summary>
    internal static IReadOnlyList<AddedToken> AddedTokens(string directory)
    {
        using var document = TokenizerFiles.Parse(directory, FileName);
        return document is null || new JsonField(document.RootElement, FileName, "").Find("added_tokens_decoder") is not { } tokens
            ? []
            : [.. tokens.Members().Select(member => new AddedToken(Id(member.Name, member.Value), member.Value["content"].AsString(), member.Value.Flag("special")))];
    }

    private static int Id(string text, JsonField token) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < TokenizerLimits.Ids
            && (text.Length == 1 || text[0] != '0')
            ? id
            : throw token.Invalid($"must be called by a token id between 0 and {TokenizerLimits.Ids - 1}");

    private static string? Token(JsonField root, string name) => root.Find(name) switch
    {
        null => null,
        { Element.ValueKind: JsonValueKind.Object } token => token["content"].AsString(),
        { } token => token.AsString(),
    };

    /// <summary>Either the template's text or a list of named templates, of which <c>default</c> is meant.</summary>
    private static string? Template(JsonField root) => root.Find("chat_template") switch
    {
        null => null,
        { Element.ValueKind: JsonValueKind.Array } named =>
            named.Items().Where(item => item["name"].AsString() == "default").Select(item => item["template"].AsString()).FirstOrDefault(),
        { } text => text.AsString(),
    };
}

/// <summary>Reads the JSON files of a tokenizer's folder.</summary>
internal static class TokenizerFiles
{
    private const int LongestProblem = 300;

    /// <summary>The file's JSON, or null when there is no such file.</summary>
    public static JsonDocument? Parse(string directory, string name)
    {
        var info = new FileInfo(Path.Combine(directory, name));
        if (!info.Exists)
        {
            return null;
        }

        if (info.Length > TokenizerLimits.FileBytes)
        {
            throw Invalid(name, $"it is {info.Length:N0} bytes long, more than the {TokenizerLimits.FileBytes:N0} allowed");
        }

        try
        {
            ReadOnlyMemory<byte> json = File.ReadAllBytes(info.FullName);
            json = json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;
            JsonStrings.Check(json.Span);
            return JsonDocument.Parse(json);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw Invalid(name, $"it is not valid JSON ({broken.Message})", broken);
        }
    }

    public static FaultException Invalid(string file, string problem, Exception? inner = null) => new(
        new Fault(Tokenizer.LoadPhase, FaultAttribution.Caller, "tokenizer_invalid", $"{file} cannot be used: {Shortened(problem)}.", file), inner);

    /// <summary>The JSON parser quotes all that follows a mistake, and a file may name a part as it likes.</summary>
    public static string Shortened(string text) => text.Length <= LongestProblem ? text : $"{text[..LongestProblem]}…";
}
