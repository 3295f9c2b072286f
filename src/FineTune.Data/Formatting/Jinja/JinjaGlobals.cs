namespace FineTune.Data.Formatting.Jinja;

/// <summary>The functions that every template may call.</summary>
internal static class JinjaGlobals
{
    private const int LongestRange = 100_000;

    public static void Define(Dictionary<string, object?> names)
    {
        names["raise_exception"] = (JinjaFunction)((arguments, _) =>
            throw new JinjaException(JinjaValues.Print(arguments.ElementAtOrDefault(0)).Value, isRefusal: true));
        names["namespace"] = (JinjaFunction)((_, named) => Map(named, isNamespace: true));
        names["dict"] = (JinjaFunction)((_, named) => Map(named, isNamespace: false));
        names["range"] = (JinjaFunction)((arguments, _) => Range([.. arguments.Select(argument => (long)JinjaValues.Number(argument))]));
    }

    private static JinjaMap Map(IReadOnlyDictionary<string, object?> members, bool isNamespace)
    {
        var map = new JinjaMap(Origin.Template) { IsNamespace = isNamespace };
        foreach (var (name, value) in members)
        {
            map[name] = value;
        }

        return map;
    }

    private static JinjaList Range(long[] bounds)
    {
        var (start, stop, step) = bounds switch
        {
            [var end] => (0L, end, 1L),
            [var begin, var end] => (begin, end, 1L),
            [var begin, var end, var by] when by != 0 => (begin, end, by),
            _ => throw new JinjaException("range needs one to three numbers"),
        };
        var items = new List<object?>();
        for (var i = start; step > 0 ? i < stop : i > stop; i += step)
        {
            items.Add(items.Count < LongestRange ? i : throw new JinjaException("a range is too long"));
        }

        return new JinjaList(items, Origin.Template);
    }
}
