using System.Text;
using FineTune.Core.Numerics;
using FineTune.Samples.Names;
using FineTune.Samples.Sentences;

namespace FineTune.Samples;

/// <summary>
/// Running text for continued pre-training: paragraphs, each about a small cast whose names come again and again and are listed at
/// its end, so that the model learns to copy a name from before.
/// </summary>
internal sealed class Chronicle(SentenceSource sentences, NameDealer dealer, CounterRandom random)
{
    private const int ShortestParagraph = 2;
    private const int LongestParagraph = 4;
    private const int CastOfEachType = 2;

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
        var cast = Enum.GetValues<EntityType>().ToDictionary(type => type, type => dealer.Deal(type, CastOfEachType));
        var count = ShortestParagraph + draws.Below(LongestParagraph - ShortestParagraph + 1);
        Sentence[] paragraph = [.. Enumerable.Range(0, count).Select(_ => Say(cast))];
        var named = paragraph.SelectMany(sentence => sentence.Entities).Distinct().ToList();
        var list = string.Join(", ", named.Select(name => $"{PairFile.Key(name.Type)} {name.Text}"));
        return string.Join(' ', paragraph.Select(sentence => sentence.Text)) + (named.Count > 0 ? $" The names: {list}." : " No names.");
    }

    private Sentence Say(Dictionary<EntityType, List<string>> cast)
    {
        var skeleton = sentences.Next(candidate => cast.All(role => candidate.CountOf(role.Key) <= role.Value.Count));
        var names = new List<string>();
        foreach (var slot in skeleton.Slots)
        {
            var left = cast[slot].Except(names).ToList();
            names.Add(left[draws.Below(left.Count)]);
        }

        return skeleton.Fill(names);
    }
}
