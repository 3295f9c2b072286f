using System.Text;

namespace FineTune.Samples.Sentences;

internal sealed class SkeletonBuilder
{
    private readonly List<string> texts = [];
    private readonly List<EntityType> slots = [];
    private readonly StringBuilder text = new();

    public void Write(string literal) => text.Append(literal);

    public void Open(EntityType slot)
    {
        CloseText();
        slots.Add(slot);
    }

    public Skeleton Build()
    {
        CloseText();
        return new Skeleton(texts, slots);
    }

    private void CloseText()
    {
        if (texts.Count == 0 && text.Length > 0)
        {
            text[0] = char.ToUpperInvariant(text[0]);
        }

        texts.Add(text.ToString());
        text.Clear();
    }
}
