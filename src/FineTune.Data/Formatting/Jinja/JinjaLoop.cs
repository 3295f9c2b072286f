namespace FineTune.Data.Formatting.Jinja;

/// <summary>The variable <c>loop</c>, at one item of the loop.</summary>
internal sealed class JinjaLoop(IReadOnlyList<object?> items, int index)
{
    public object? this[string member] => member switch
    {
        "index0" => (long)index,
        "index" => index + 1L,
        "first" => JinjaValues.Truth(index == 0),
        "last" => JinjaValues.Truth(index == items.Count - 1),
        "length" => (long)items.Count,
        "revindex" => (long)(items.Count - index),
        "revindex0" => items.Count - index - 1L,
        "previtem" => index > 0 ? items[index - 1] : Undefined.Value,
        "nextitem" => index + 1 < items.Count ? items[index + 1] : Undefined.Value,
        _ => Undefined.Value,
    };
}
