namespace FineTune.Samples.Grammar;

/// <summary>One way to write a symbol: literal text, other symbols and name slots in order.</summary>
internal sealed record Alternative(int Weight, IReadOnlyList<Part> Parts);

/// <summary>A piece of an alternative; exactly one of the three is set.</summary>
internal sealed record Part(string? Literal = null, string? Symbol = null, EntityType? Slot = null);
