namespace FineTune.Samples.Tests;

/// <summary>What samples/README.md promises of the split, checked on the shipped files alone.</summary>
public sealed class DisjointnessTests
{
    private static readonly char[] Blanks = [' '];

    [Fact]
    public void HeldOutAndRecombined_NamesMasked_NeverOccurInTrainingPairs()
    {
        var trained = string.Join('\n', ShippedSamples.Train.Select(pair => pair.Mask()));

        Assert.DoesNotContain(
            ShippedSamples.HeldOut.Concat(ShippedSamples.Recombined), pair => trained.Contains(pair.Mask(), StringComparison.Ordinal));
    }

    [Fact]
    public void HeldOutAndRecombined_NamesMasked_NeverOccurInTexts()
    {
        var names = ShippedSamples.Train.SelectMany(pair => pair.Names).Select(name => name.Text).Distinct()
            .OrderByDescending(name => name.Length).ToLookup(name => name.Split(' ')[0], StringComparer.Ordinal);
        var texts = string.Join('\n', ShippedSamples.Texts.Select(text => MaskAll(text, names)));

        Assert.DoesNotContain(
            ShippedSamples.HeldOut.Concat(ShippedSamples.Recombined), pair => texts.Contains(pair.Mask(), StringComparison.Ordinal));
    }

    [Fact]
    public void HeldOut_EveryName_OccursInTraining()
    {
        var trained = NamesOf(ShippedSamples.Train).ToHashSet();

        Assert.All(NamesOf(ShippedSamples.HeldOut), name => Assert.Contains(name, trained));
    }

    [Fact]
    public void Recombined_PeopleAndOrganizations_NeverOccurInTrainingThoughTheirWordsDo()
    {
        var training = string.Join('\n', ShippedSamples.Train.Select(pair => pair.Sentence).Concat(ShippedSamples.Texts));
        var words = NamesOf(ShippedSamples.Train).ToLookup(name => name.Type, name => name.Text.Split(Blanks))
            .ToDictionary(type => type.Key, type => type.SelectMany(parts => parts).ToHashSet(StringComparer.Ordinal));

        Assert.All(ShippedSamples.Recombined, pair => Assert.Contains(pair.Names, name => name.Type != "location"));
        Assert.All(NamesOf(ShippedSamples.Recombined).Where(name => name.Type != "location").Distinct(), name =>
        {
            Assert.DoesNotContain(name.Text, training, StringComparison.Ordinal);
            Assert.All(name.Text.Split(Blanks), word => Assert.Contains(word, words[name.Type]));
        });
    }

    [Fact]
    public void Pairs_OfAllFiles_HaveOneInstructionAndAtMostFourNames()
    {
        var pairs = ShippedSamples.Train.Concat(ShippedSamples.HeldOut).Concat(ShippedSamples.Recombined).ToArray();

        Assert.Single(pairs.Select(pair => pair.Instruction).Distinct());
        Assert.All(pairs, pair => Assert.InRange(pair.Names.Count, 0, 4));
        Assert.Equal(["location", "organization", "person"], NamesOf(pairs).Select(name => name.Type).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Evaluations_EachMaskedSentence_IsAskedOnce()
    {
        Assert.All([ShippedSamples.HeldOut, ShippedSamples.Recombined], pairs =>
        {
            Assert.InRange(pairs.Length, 100, int.MaxValue);
            Assert.Equal(pairs.Length, pairs.Select(pair => pair.Mask()).Distinct().Count());
        });
    }

    private static IEnumerable<(string Type, string Text)> NamesOf(IEnumerable<Pair> pairs) => pairs.SelectMany(pair => pair.Names);

    /// <summary>Masks every name of a text, the longest that fits at each word.</summary>
    private static string MaskAll(string text, ILookup<string, string> namesByFirstWord)
    {
        var masked = new System.Text.StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var end = at;
            while (end < text.Length && (char.IsLetter(text[end]) || text[end] == '\''))
            {
                end++;
            }

            var name = namesByFirstWord[text[at..end]].FirstOrDefault(name => string.CompareOrdinal(text, at, name, 0, name.Length) == 0);
            var next = name is null ? Math.Max(end, at + 1) : at + name.Length;
            masked.Append(name is null ? text[at..next] : "_");
            at = next;
        }

        return masked.ToString();
    }
}
