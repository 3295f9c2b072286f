using System.Globalization;

namespace FineTune.Data.Datasets;

/// <summary>Where in a record a value stands, e.g. <c>messages[2].tool_calls[0].function.name</c>; becomes text only when something is wrong there.</summary>
internal readonly record struct FieldPath(string? Root, int Index = -1, string? Leaf = null, int Part = -1, string? PartLeaf = null)
{
    /// <summary>The record itself.</summary>
    public static FieldPath Whole { get; } = new(null);

    public FieldPath Of(string leaf) => Part >= 0 ? this with { PartLeaf = leaf } : Index >= 0 ? this with { Leaf = leaf } : new FieldPath(leaf);

    /// <summary>Element <paramref name="index"/> of the list that this path names.</summary>
    public FieldPath At(int index) => Index < 0 ? this with { Index = index } : this with { Part = index };

    public override string ToString() => string.Concat(Root, Bracket(Index), Dot(Leaf), Bracket(Part) + Dot(PartLeaf));

    private static string Bracket(int index) => index < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"[{index}]");

    private static string Dot(string? leaf) => leaf is null ? "" : "." + leaf;
}
