using System.Text.Json;
using FineTune.Core.Faults;

namespace FineTune.Data.Tokenizers.Json;

/// <summary>A value of a tokenizer file that knows where it stands, so that every complaint names file and field.</summary>
internal readonly record struct JsonField(JsonElement Element, string File, string Path)
{
    public JsonField this[string name] => Find(name) ?? throw Invalid($"lacks '{name}'");

    /// <summary>The member, or null when it is absent or JSON null.</summary>
    public JsonField? Find(string name)
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"must be an object but is {Kind}");
        }

        return Element.TryGetProperty(name, out var child) && child.ValueKind != JsonValueKind.Null
            ? new JsonField(child, File, Path.Length == 0 ? name : $"{Path}.{name}")
            : null;
    }

    public IEnumerable<JsonField> Items()
    {
        if (Element.ValueKind != JsonValueKind.Array)
        {
            throw Invalid($"must be an array but is {Kind}");
        }

        var (file, path) = (File, Path);
        return Element.EnumerateArray().Select((item, index) => new JsonField(item, file, $"{path}[{index}]"));
    }

    /// <summary>An object's members; of a name that comes twice the last one.</summary>
    public IEnumerable<(string Name, JsonField Value)> Members()
    {
        if (Element.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"must be an object but is {Kind}");
        }

        var (file, path) = (File, Path);
        return Element.EnumerateObject()
            .Select(member => (member.Name, new JsonField(member.Value, file, $"{path}.{member.Name}")))
            .GroupBy(member => member.Name, StringComparer.Ordinal)
            .Select(same => same.Last());
    }

    /// <summary>The number of an array's items.</summary>
    public int Count => Element.ValueKind == JsonValueKind.Array ? Element.GetArrayLength() : throw Invalid($"must be an array but is {Kind}");

    public string AsString() => Element.ValueKind == JsonValueKind.String
        ? ReadString(Element)
        : throw Invalid($"must be a string but is {Kind}");

    public int AsId() => Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out var id) && id is >= 0 and < TokenizerLimits.Ids
        ? id
        : throw Invalid($"must be a token id between 0 and {TokenizerLimits.Ids - 1}");

    public bool AsBoolean() => Element.ValueKind is JsonValueKind.True or JsonValueKind.False
        ? Element.GetBoolean()
        : throw Invalid($"must be true or false but is {Kind}");

    public bool Flag(string name, bool otherwise = false) => Find(name)?.AsBoolean() ?? otherwise;

    /// <summary>A part of the format that this reader does not implement.</summary>
    public FaultException Unsupported(string found, string supported) => Fault(
        "tokenizer_not_supported", $"{File}: {Name} is {TokenizerFiles.Shortened(found)}, which is not supported; supported: {supported}.");

    public FaultException Invalid(string problem) => Fault("tokenizer_invalid", $"{File}: {Name} {problem}; export the tokenizer again.");

    public string ReadString(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Invalid("holds text that is not valid Unicode");
        }
    }

    private string Name => Path.Length == 0 ? "the file" : Path;

    private string Kind => Element.ValueKind.ToString().ToLowerInvariant();

    private FaultException Fault(string code, string message) => new(
        new Fault(Tokenizer.LoadPhase, FaultAttribution.Caller, code, message, File, Field: Path.Length == 0 ? null : Path));
}
