namespace FineTune.Data.Formatting.Jinja;

/// <summary>Names and their values; assignments stay in the innermost scope, as in Jinja.</summary>
internal sealed class JinjaScope(JinjaScope? outer)
{
    private Dictionary<string, object?>? values;

    public object? this[string name]
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope.values is { } own && own.TryGetValue(name, out var value))
                {
                    return value;
                }
            }

            return Undefined.Value;
        }

        set => (values ??= new(StringComparer.Ordinal))[name] = value;
    }

    private JinjaScope? Outer { get; } = outer;
}
