namespace FineTune.Samples.Sentences;

public sealed record Entity(EntityType Type, string Text);

/// <summary>A sentence and its names in order of appearance.</summary>
public sealed record Sentence(string Text, IReadOnlyList<Entity> Entities);
