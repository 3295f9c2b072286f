namespace FineTune.Data.Formatting.Jinja;

/// <summary>Attributes, items, slices and methods of values.</summary>
internal static class JinjaMembers
{
    public static object? Attribute(object? target, string name) => target switch
    {
        JinjaMap map when !map.IsNamespace && MapMethod(map, name) is { } method => method,
        JinjaMap map => map[name],
        JinjaLoop loop => loop[name],
        JinjaText text => (object?)TextMethod(text, name) ?? Undefined.Value,
        Undefined => throw new JinjaException($"an undefined value has no '{name}'"),
        _ => Undefined.Value,
    };

    public static object? Item(object? target, object? index) => (target, index) switch
    {
        (JinjaMap map, JinjaText key) => map.TryGet(key.Value, out var value) ? value : Attribute(map, key.Value),
        (JinjaList list, long or bool) => At(list.Items.Count, index) is { } at ? list.Items[at] : Undefined.Value,
        (JinjaText text, long or bool) => At(text.Length, index) is { } at ? text.Slice(at, at + 1) : Undefined.Value,
        (Undefined, _) => throw new JinjaException("an undefined value has no items"),
        (_, JinjaText name) => Attribute(target, name.Value),
        _ => Undefined.Value,
    };

    public static object? Slice(object? target, int? start, int? stop, int? step)
    {
        var by = step ?? 1;
        if (by == 0)
        {
            throw new JinjaException("a slice's step is 0");
        }

        var items = JinjaValues.Iterate(target);
        var (low, high) = by > 0 ? (0, items.Count) : (-1, items.Count - 1);
        var first = Clamp(start ?? (by > 0 ? 0 : int.MaxValue), items.Count, low, high);
        var last = stop is { } end ? Clamp(end, items.Count, low, high) : by > 0 ? items.Count : -1;
        if (target is JinjaText text && by == 1)
        {
            return text.Slice(first, Math.Max(first, last));
        }

        var sliced = new List<object?>();
        for (long i = first; by > 0 ? i < last : i > last; i += by)
        {
            sliced.Add(items[(int)i]);
        }

        return target is JinjaText
            ? JinjaText.Join([.. sliced.Cast<JinjaText>()])
            : new JinjaList(sliced, (target as JinjaList)?.Origin ?? Origin.Template);
    }

    private static int Clamp(int index, int count, int low, int high) =>
        Math.Clamp(index < 0 ? index + count : index, low, high);

    private static int? At(int count, object? index)
    {
        var at = (long)JinjaValues.Number(index);
        at += at < 0 ? count : 0;
        return at >= 0 && at < count ? (int)at : null;
    }

    private static JinjaFunction? MapMethod(JinjaMap map, string name) => name switch
    {
        "items" => (_, _) => JinjaFilters.Items(map),
        "keys" => (_, _) => new JinjaList(JinjaValues.Iterate(map), map.Origin),
        "values" => (_, _) => new JinjaList([.. map.Entries.Select(entry => entry.Value)], map.Origin),
        "get" => (arguments, _) => map.TryGet(Text(arguments, 0), out var value) ? value : arguments.ElementAtOrDefault(1),
        _ => null,
    };

    private static JinjaFunction? TextMethod(JinjaText text, string name) => name switch
    {
        "strip" => (arguments, _) => text.Strip(Optional(arguments), left: true, right: true),
        "lstrip" => (arguments, _) => text.Strip(Optional(arguments), left: true, right: false),
        "rstrip" => (arguments, _) => text.Strip(Optional(arguments), left: false, right: true),
        "split" => (arguments, _) => new JinjaList([.. text.Split(Optional(arguments), Limit(arguments, 1))], text.Origin),
        "splitlines" => (_, _) => new JinjaList([.. text.Split("\n", -1)], text.Origin),
        "replace" => (arguments, _) => text.Replace(
            Text(arguments, 0), arguments.ElementAtOrDefault(1) as JinjaText ?? throw new JinjaException("replace needs two strings"), Limit(arguments, 2)),
        "startswith" => (arguments, _) => Any(arguments, text.Value.StartsWith),
        "endswith" => (arguments, _) => Any(arguments, text.Value.EndsWith),
        "upper" => (_, _) => text.Map(value => value.ToUpperInvariant()),
        "lower" => (_, _) => text.Map(value => value.ToLowerInvariant()),
        "capitalize" => (_, _) => text.Map(PythonText.Capitalize),
        "title" => (_, _) => text.Map(PythonText.Title),
        "find" => (arguments, _) => (long)text.Value.IndexOf(Text(arguments, 0), StringComparison.Ordinal),
        "count" => (arguments, _) => text.Split(Text(arguments, 0), -1).Count() - 1L,
        _ => null,
    };

    private static bool Any(IReadOnlyList<object?> arguments, Func<string, StringComparison, bool> holds) => arguments.ElementAtOrDefault(0) is JinjaList several
        ? several.Items.OfType<JinjaText>().Any(one => holds(one.Value, StringComparison.Ordinal))
        : holds(Text(arguments, 0), StringComparison.Ordinal);

    private static string Text(IReadOnlyList<object?> arguments, int index) => arguments.ElementAtOrDefault(index) is JinjaText text
        ? text.Value
        : throw new JinjaException("a method is called without the string it needs");

    private static string? Optional(IReadOnlyList<object?> arguments) => (arguments.ElementAtOrDefault(0) as JinjaText)?.Value;

    private static int Limit(IReadOnlyList<object?> arguments, int index) =>
        arguments.Count > index ? (int)JinjaValues.Number(arguments[index]) : -1;
}
