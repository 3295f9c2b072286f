using System.Text.Json;
using System.Text.Json.Nodes;
using FineTune.Core.Faults;

namespace FineTune.Training.Models;

/// <summary>Typed access to the fields of a configuration object; errors name the field and the file.</summary>
internal sealed class ConfigFields(JsonObject json, string file, string prefix = "")
{
    public JsonObject Object => json;

    public bool Has(string name) => json[name] is not null;

    public ConfigFields? Child(string name) => json[name] switch
    {
        null => null,
        JsonObject child => new ConfigFields(child, file, prefix + name + "."),
        _ => throw Unsupported(name, "an object"),
    };

    /// <summary>A positive whole number.</summary>
    public int Int(string name, int? fallback = null)
    {
        var value = Value(name, fallback, "a whole number");
        Check(name, value > 0, "must be above 0");
        return value;
    }

    /// <summary>A positive number.</summary>
    public double Double(string name, double? fallback = null)
    {
        var value = Value(name, fallback, "a number");
        Check(name, value > 0 && double.IsFinite(value), "must be above 0");
        return value;
    }

    public bool Bool(string name, bool fallback) => Value<bool>(name, fallback, "true or false");

    public string Text(string name, string fallback) =>
        json[name] is null ? fallback : json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Unsupported(name, "a string");

    /// <summary>A token id or a list of them; null when absent.</summary>
    public IReadOnlyList<int>? Ids(string name)
    {
        try
        {
            return json[name] switch
            {
                null => null,
                JsonArray list => [.. list.Select(id => id!.GetValue<int>())],
                var one => [one.GetValue<int>()],
            };
        }
        catch (Exception malformed) when (malformed is InvalidOperationException or FormatException or NullReferenceException)
        {
            throw Unsupported(name, "a token id or a list of them");
        }
    }

    public void Require(string name, string expected, string fallback)
    {
        if (Text(name, fallback) != expected)
        {
            throw Unsupported(name, $"'{expected}'");
        }
    }

    public void RequireFalse(string name)
    {
        if (Bool(name, false))
        {
            throw Unsupported(name, "false");
        }
    }

    public void Check(string name, bool holds, string rule)
    {
        if (!holds)
        {
            throw Unsupported(name, rule, "");
        }
    }

    public FaultException Unsupported(string name, string expected, string verb = "must be ")
    {
        var found = json[name]?.ToJsonString() ?? "missing";
        var message = $"{Path.GetFileName(file)}: {prefix}{name} is {found}; it {verb}{expected}. Choose a Llama model this service supports.";
        return new FaultException(
            Fault.Caller("load_model", "model_config_unsupported", message, prefix + name) with { File = Path.GetFileName(file) });
    }

    private T Value<T>(string name, T? fallback, string kind)
        where T : struct
    {
        var node = json[name];
        return node is null && fallback is { } value
            ? value
            : node is not null && node.GetValueKind() is not JsonValueKind.String && node is JsonValue typed && typed.TryGetValue<T>(out var read)
                ? read
                : throw Unsupported(name, kind);
    }
}
