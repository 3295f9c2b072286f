namespace FineTune.Data.Formatting.Jinja;

/// <summary>
/// The names that statements of one scope may assign to, each with a place in the scope's <see cref="JinjaFrame"/>s. Assignments stay in the
/// innermost scope, as in Jinja, so which scope a name is read from is known only when it runs: the innermost that has assigned to it by then.
/// </summary>
internal sealed class ScopeLayout
{
    private readonly ScopeLayout? outer;
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);

    /// <param name="given">Names that are assigned to before the statements run.</param>
    /// <param name="body">The scope's own statements; scopes within have layouts of their own.</param>
    public ScopeLayout(ScopeLayout? outer, IEnumerable<string> given, IReadOnlyList<Statement> body)
    {
        this.outer = outer;
        foreach (var name in given.Concat(Assigned(body)))
        {
            places.TryAdd(name, places.Count);
        }
    }

    public int Count => places.Count;

    public int PlaceOf(string name) => places[name];

    /// <summary>Where <paramref name="name"/> may be found, from the innermost scope on; <c>Hops</c> is how many scopes further out.</summary>
    public List<(int Hops, int Place)> Find(string name)
    {
        var found = new List<(int, int)>();
        for (var (scope, hops) = (this, 0); scope is not null; (scope, hops) = (scope.outer, hops + 1))
        {
            if (scope.places.TryGetValue(name, out var place))
            {
                found.Add((hops, place));
            }
        }

        return found;
    }

    private static IEnumerable<string> Assigned(IReadOnlyList<Statement> statements) => statements.SelectMany(statement => statement switch
    {
        Statement.Set { Member: null } assignment => assignment.Names,
        Statement.Macro macro => [macro.Identifier],
        Statement.If choice => choice.Branches.SelectMany(branch => Assigned(branch.Body)),
        Statement.Block block => Assigned(block.Body),
        _ => [],
    });
}
