namespace FineTune.Data.Formatting.Jinja;

/// <summary>A mapping in the order of its keys. Most have a handful of entries, among which looking at each is fastest.</summary>
internal sealed class JinjaMap(Origin origin)
{
    private const int Few = 8;

    private readonly List<KeyValuePair<string, object?>> entries = [];
    private Dictionary<string, int>? positions;

    public Origin Origin { get; } = origin;

    /// <summary>Position of the message that this map is; output of a loop over it belongs to that message.</summary>
    public int? Message { get; init; }

    /// <summary>Namespaces may be assigned to.</summary>
    public bool IsNamespace { get; init; }

    public int Count => entries.Count;

    public IReadOnlyList<KeyValuePair<string, object?>> Entries => entries;

    public object? this[string key]
    {
        get => TryGet(key, out var value) ? value : Undefined.Value;
        set
        {
            var position = PositionOf(key);
            if (position >= 0)
            {
                entries[position] = new(key, value);
                return;
            }

            entries.Add(new(key, value));
            if (positions is not null)
            {
                positions.Add(key, entries.Count - 1);
            }
            else if (entries.Count > Few)
            {
                positions = entries.Select((entry, index) => (entry.Key, index)).ToDictionary(entry => entry.Key, entry => entry.index, StringComparer.Ordinal);
            }
        }
    }

    public bool Contains(string key) => PositionOf(key) >= 0;

    public bool TryGet(string key, out object? value)
    {
        var position = PositionOf(key);
        value = position < 0 ? null : entries[position].Value;
        return position >= 0;
    }

    private int PositionOf(string key)
    {
        if (positions is not null)
        {
            return positions.GetValueOrDefault(key, -1);
        }

        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }
}
