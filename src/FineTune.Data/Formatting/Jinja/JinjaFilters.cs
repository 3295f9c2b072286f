using System.Globalization;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>The filters that chat templates use.</summary>
internal static class JinjaFilters
{
    public static object? Apply(string name, object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        return name switch
        {
            "trim" => JinjaValues.Print(value).Strip((arguments.ElementAtOrDefault(0) as JinjaText)?.Value, left: true, right: true),
            "tojson" => JinjaJson.Write(value, Argument("indent", 0) is { } indent and not Undefined ? (int)JinjaValues.Number(indent) : null),
            "length" or "count" => value is Undefined ? 0L : (long)JinjaValues.Iterate(value).Count,
            "items" => Items(value),
            "list" => new JinjaList(JinjaValues.Iterate(value), OriginOf(value)),
            "first" => JinjaValues.Iterate(value) is [var first, ..] ? first : Undefined.Value,
            "last" => JinjaValues.Iterate(value) is [.., var last] ? last : Undefined.Value,
            "join" => Join(value, Argument("d", 0), Argument("attribute", 1)),
            "default" or "d" => value is Undefined || (JinjaValues.IsTrue(Argument("boolean", 1)) && !JinjaValues.IsTrue(value))
                ? Argument("default_value", 0) is var otherwise and not Undefined ? otherwise : JinjaText.Empty
                : value,
            "string" => JinjaValues.Print(value),
            "safe" => value,
            "upper" => JinjaValues.Print(value).Map(text => text.ToUpperInvariant()),
            "lower" => JinjaValues.Print(value).Map(text => text.ToLowerInvariant()),
            "capitalize" => JinjaValues.Print(value).Map(PythonText.Capitalize),
            "title" => JinjaValues.Print(value).Map(PythonText.Title),
            "replace" => JinjaValues.Print(value).Replace(Text(arguments, 0).Value, Text(arguments, 1), -1),
            "reverse" => value is JinjaText
                ? JinjaMembers.Slice(value, null, null, -1)
                : new JinjaList([.. JinjaValues.Iterate(value).Reverse()], OriginOf(value)),
            "int" => Whole(value),
            "float" => value is JinjaText text && double.TryParse(text.Value, CultureInfo.InvariantCulture, out var real) ? real : JinjaValues.Number(value),
            "abs" => value is long whole ? Math.Abs(whole) : (object)Math.Abs(JinjaValues.Number(value)),
            "select" => Choose(value, arguments, keeps: true),
            "reject" => Choose(value, arguments, keeps: false),
            "selectattr" => ChooseByAttribute(value, arguments, keeps: true),
            "rejectattr" => ChooseByAttribute(value, arguments, keeps: false),
            "map" => Map(value, arguments, named),
            "dictsort" => new JinjaList([.. JinjaValues.Iterate(Items(value)).OrderBy(Key, StringComparer.OrdinalIgnoreCase)], OriginOf(value)),
            _ => throw new JinjaException($"the filter '{name}' isn't supported"),
        };

        object? Argument(string parameter, int index) =>
            named.TryGetValue(parameter, out var given) ? given : index < arguments.Count ? arguments[index] : Undefined.Value;
    }

    public static JinjaList Items(object? value) => value is JinjaMap map
        ? new JinjaList(
            [.. map.Entries.Select(entry => new JinjaList([new JinjaText(entry.Key, map.Origin), entry.Value], map.Origin))], map.Origin)
        : value is Undefined ? new JinjaList([], Origin.Template) : throw new JinjaException($"{JinjaValues.Kind(value)} has no items");

    private static JinjaText Join(object? value, object? separator, object? attribute)
    {
        var between = separator as JinjaText ?? JinjaText.Empty;
        var parts = JinjaValues.Iterate(value).Select(item => attribute is JinjaText name ? JinjaMembers.Item(item, name) : item);
        return JinjaText.Join([.. parts.SelectMany(part => new[] { between, JinjaValues.Print(part) }).Skip(1)]);
    }

    private static JinjaList Choose(object? value, IReadOnlyList<object?> arguments, bool keeps) => new(
        [.. JinjaValues.Iterate(value).Where(item => keeps == (arguments.Count == 0
            ? JinjaValues.IsTrue(item)
            : JinjaTests.Holds(Text(arguments, 0).Value, item, [.. arguments.Skip(1)])))],
        OriginOf(value));

    private static JinjaList ChooseByAttribute(object? value, IReadOnlyList<object?> arguments, bool keeps) => new(
        [.. JinjaValues.Iterate(value).Where(item => keeps == (JinjaMembers.Item(item, Text(arguments, 0)) is var member && arguments.Count == 1
            ? JinjaValues.IsTrue(member)
            : JinjaTests.Holds(Text(arguments, 1).Value, member, [.. arguments.Skip(2)])))],
        OriginOf(value));

    private static JinjaList Map(object? value, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named) => new(
        [.. JinjaValues.Iterate(value).Select(item => named.TryGetValue("attribute", out var attribute)
            ? JinjaMembers.Item(item, attribute)
            : Apply(Text(arguments, 0).Value, item, [.. arguments.Skip(1)], named))],
        OriginOf(value));

    private static object? Whole(object? value) => value switch
    {
        JinjaText text => long.TryParse(text.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? whole : 0L,
        long => value,
        _ => (long)JinjaValues.Number(value),
    };

    private static string Key(object? entry) => JinjaValues.Print(((JinjaList)entry!).Items[0]).Value;

    private static JinjaText Text(IReadOnlyList<object?> arguments, int index) =>
        arguments.ElementAtOrDefault(index) as JinjaText ?? throw new JinjaException("a filter is used without the string it needs");

    private static Origin OriginOf(object? value) => value switch
    {
        JinjaList list => list.Origin,
        JinjaMap map => map.Origin,
        JinjaText text => text.Origin,
        _ => Origin.Template,
    };
}
