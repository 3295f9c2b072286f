using System.Globalization;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>What a name without a value stands for: prints as nothing, is false, and has no members.</summary>
internal sealed class Undefined
{
    private Undefined()
    {
    }

    public static Undefined Value { get; } = new();
}

/// <summary>A sequence. Values are null (none), bool, long, double, <see cref="JinjaText"/>, list, map, function or <see cref="Undefined"/>.</summary>
internal sealed record JinjaList(IReadOnlyList<object?> Items, Origin Origin);

/// <summary>Something that can be called.</summary>
internal delegate object? JinjaFunction(IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named);

/// <summary>What Python does with values.</summary>
internal static class JinjaValues
{
    private static readonly object True = true;
    private static readonly object False = false;

    /// <summary>A boolean as a value.</summary>
    public static object Truth(bool value) => value ? True : False;

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined or false or 0L or 0.0 => false,
        JinjaText text => !text.IsEmpty,
        JinjaList list => list.Items.Count > 0,
        JinjaMap map => map.IsNamespace || map.Count > 0,
        _ => true,
    };

    public static new bool Equals(object? left, object? right) => (left, right) switch
    {
        (JinjaText a, JinjaText b) => a.Characters.SequenceEqual(b.Characters),
        (JinjaList a, JinjaList b) => a.Items.Count == b.Items.Count && a.Items.Zip(b.Items).All(pair => Equals(pair.First, pair.Second)),
        (JinjaMap a, JinjaMap b) => a.Count == b.Count && a.Entries.All(entry => b.Contains(entry.Key) && Equals(entry.Value, b[entry.Key])),
        (bool or long or double, bool or long or double) => Number(left).Equals(Number(right)),
        _ => object.Equals(left, right),
    };

    public static double Number(object? value) => value switch
    {
        bool truth => truth ? 1 : 0,
        long whole => whole,
        double real => real,
        _ => throw new JinjaException($"{Kind(value)} is not a number"),
    };

    public static int Compare(object? left, object? right) => (left, right) is (JinjaText a, JinjaText b)
        ? string.CompareOrdinal(a.Value, b.Value)
        : Number(left).CompareTo(Number(right));

    public static IReadOnlyList<object?> Iterate(object? value) => value switch
    {
        JinjaList list => list.Items,
        JinjaMap map => [.. map.Entries.Select(entry => new JinjaText(entry.Key, map.Origin))],
        JinjaText text => [.. Enumerable.Range(0, text.Length).Select(i => text.Slice(i, i + 1))],
        Undefined => [],
        _ => throw new JinjaException($"{Kind(value)} can't be iterated over"),
    };

    public static bool Contains(object? container, object? item) => container switch
    {
        JinjaText text => item is JinjaText part
            ? text.Characters.Contains(part.Characters, StringComparison.Ordinal)
            : throw new JinjaException($"{Kind(item)} can't be in a string"),
        JinjaMap map => item is JinjaText key && map.Contains(key.Value),
        _ => Iterate(container).Any(other => Equals(other, item)),
    };

    /// <summary>As <c>str()</c> and <c>{{ … }}</c> give it.</summary>
    public static JinjaText Print(object? value) => value switch
    {
        JinjaText text => text,
        Undefined => JinjaText.Empty,
        null => new JinjaText("None", Origin.Template),
        bool truth => new JinjaText(truth ? "True" : "False", Origin.Template),
        long whole => new JinjaText(whole.ToString(CultureInfo.InvariantCulture), Origin.Other),
        double real => new JinjaText(PythonText.Repr(real), Origin.Other),
        JinjaList or JinjaMap => JinjaJson.Repr(value),
        _ => throw new JinjaException($"{Kind(value)} can't be printed"),
    };

    public static string Kind(object? value) => value switch
    {
        null => "none",
        Undefined => "an undefined value",
        bool => "a boolean",
        long or double => "a number",
        JinjaText => "a string",
        JinjaList => "a list",
        JinjaMap => "a mapping",
        _ => "a function",
    };
}
