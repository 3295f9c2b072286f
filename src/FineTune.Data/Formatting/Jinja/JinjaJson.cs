using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>JSON and Python literals of values.</summary>
internal static class JinjaJson
{
    private const int MaximumDepth = 200;

    /// <summary>The value of a JSON document, all of one origin.</summary>
    public static object? Read(JsonElement json, Origin origin) => json.ValueKind switch
    {
        JsonValueKind.Object => ReadObject(json, origin),
        JsonValueKind.Array => new JinjaList([.. json.EnumerateArray().Select(item => Read(item, origin))], origin),
        JsonValueKind.String => new JinjaText(json.GetString()!, origin),
        JsonValueKind.Number => json.TryGetInt64(out var whole) ? whole : (object)json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary><c>json.dumps(…, ensure_ascii=False)</c>: filter <c>tojson</c> of chat templates.</summary>
    public static JinjaText Write(object? value, int? indent)
    {
        var json = new StringBuilder();
        Write(value, json, new Style(indent, PythonText.ToJson, "null", "true", "false"), 0);
        return new JinjaText(json.ToString(), OriginOf(value));
    }

    /// <summary><c>repr()</c>, as containers print.</summary>
    public static JinjaText Repr(object? value)
    {
        var text = new StringBuilder();
        Write(value, text, new Style(null, PythonText.Repr, "None", "True", "False"), 0);
        return new JinjaText(text.ToString(), OriginOf(value));
    }

    private static JinjaMap ReadObject(JsonElement json, Origin origin)
    {
        var map = new JinjaMap(origin);
        foreach (var property in json.EnumerateObject())
        {
            map[property.Name] = Read(property.Value, origin);
        }

        return map;
    }

    private static Origin OriginOf(object? value) => value switch
    {
        JinjaText text when text.Origin != Origin.Template => text.Origin,
        JinjaMap map when map.Origin != Origin.Template => map.Origin,
        JinjaList list when list.Origin != Origin.Template => list.Origin,
        _ => Origin.Other,
    };

    private static void Write(object? value, StringBuilder output, Style style, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw new JinjaException("a value is nested too deep");
        }

        switch (value)
        {
            case JinjaText text:
                output.Append(style.Quote(text.Value));
                break;
            case JinjaList list:
                WriteItems(list.Items, '[', ']', item => Write(item, output, style, depth + 1), output, style, depth);
                break;
            case JinjaMap map:
                WriteItems(
                    [.. map.Entries],
                    '{',
                    '}',
                    entry =>
                    {
                        output.Append(style.Quote(entry.Key)).Append(": ");
                        Write(entry.Value, output, style, depth + 1);
                    },
                    output,
                    style,
                    depth);
                break;
            case long whole:
                output.Append(whole.ToString(CultureInfo.InvariantCulture));
                break;
            case double real:
                output.Append(PythonText.Repr(real));
                break;
            default:
                output.Append(value switch
                {
                    null => style.None,
                    true => style.True,
                    false => style.False,
                    _ => throw new JinjaException($"{JinjaValues.Kind(value)} has no JSON"),
                });
                break;
        }
    }

    private static void WriteItems<T>(
        IReadOnlyList<T> items, char open, char close, Action<T> write, StringBuilder output, Style style, int depth)
    {
        output.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            output.Append(i == 0 ? "" : style.Indent is null ? ", " : ",");
            Break(depth + 1);
            write(items[i]);
        }

        if (items.Count > 0)
        {
            Break(depth);
        }

        output.Append(close);

        void Break(int level)
        {
            if (style.Indent is { } indent)
            {
                output.Append('\n').Append(' ', indent * level);
            }
        }
    }

    private sealed record Style(int? Indent, Func<string, string> Quote, string None, string True, string False);
}
