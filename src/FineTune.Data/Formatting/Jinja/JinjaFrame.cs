namespace FineTune.Data.Formatting.Jinja;

/// <summary>The values of a scope's names while its statements run.</summary>
internal sealed class JinjaFrame
{
    private static readonly object Unassigned = new();

    private readonly object?[] values;

    public JinjaFrame(JinjaRun run, JinjaFrame? outer, ScopeLayout layout)
    {
        (Run, Outer) = (run, outer);
        values = layout.Count == 0 ? [] : new object?[layout.Count];
        values.AsSpan().Fill(Unassigned);
    }

    public JinjaRun Run { get; }

    public JinjaFrame? Outer { get; }

    public object? this[int place]
    {
        set => values[place] = value;
    }

    public bool TryGet(int place, out object? value)
    {
        value = values[place];
        return value != Unassigned;
    }
}
