using System.Text;
using FineTune.Core.Numerics;
using FineTune.Samples.Names;
using FineTune.Samples.Sentences;

namespace FineTune.Samples;

/// <summary>
/// Running text for continued pre-training: paragraphs, each about a small cast whose names come again and again, so that the model
/// learns to copy a name from before.
/// </summary>
internal sealed class Chronicle(SentenceSource sentences, NameDealer dealer, CounterRandom random)
{
    private const int ShortestParagraph = 4;
    private const int LongestParagraph = 7;

    private readonly Draws draws = new(random);

    public SampleFile Write(string path, int bytes)
    {
        var text = new StringBuilder();
        while (text.Length < bytes)
        {
            text.Append(Paragraph()).Append('\n');
        }

        return new SampleFile(path, Encoding.UTF8.GetBytes(text.ToString()));
    }

    private string Paragraph()
    {
        var cast = new Dictionary<EntityType, List<string>>
        {
            [EntityType.Person] = dealer.Deal(EntityType.Person, 2),
            [EntityType.Organization] = dealer.Deal(EntityType.Organization, 2),
            [EntityType.Location] = dealer.Deal(EntityType.Location, 2),
        };
        var count = ShortestParagraph + draws.Below(LongestParagraph - ShortestParagraph + 1);
        return string.Join(' ', Enumerable.Range(0, count).Select(_ => Say(cast)));
    }

    private string Say(Dictionary<EntityType, List<string>> cast)
    {
        var skeleton = sentences.Next(candidate => cast.All(role => candidate.CountOf(role.Key) <= role.Value.Count));
        var names = new List<string>();
        foreach (var slot in skeleton.Slots)
        {
            var left = cast[slot].Except(names).ToList();
            names.Add(left[draws.Below(left.Count)]);
        }

        return skeleton.Fill(names).Text;
    }
}
