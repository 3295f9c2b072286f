namespace FineTune.Samples.Sentences;

/// <summary>A sentence whose names are still open: the text around them and their types, in order.</summary>
/// <param name="Texts">One more than <paramref name="Slots"/>: text before, between and after the names.</param>
public sealed record Skeleton(IReadOnlyList<string> Texts, IReadOnlyList<EntityType> Slots)
{
    /// <summary>The sentence with every name masked alike, whatever its type.</summary>
    public string Mask => string.Join('_', Texts);

    public int CountOf(EntityType type) => Slots.Count(slot => slot == type);

    public Sentence Fill(IReadOnlyList<string> names)
    {
        var text = Texts[0] + string.Concat(names.Select((name, index) => name + Texts[index + 1]));
        return new Sentence(text, [.. names.Select((name, index) => new Entity(Slots[index], name))]);
    }
}
