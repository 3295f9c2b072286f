using FineTune.Core.Numerics;
using FineTune.Samples.Grammar;
using FineTune.Samples.Names;
using FineTune.Samples.Sentences;

namespace FineTune.Samples;

/// <summary>All files of the samples folder that are made by the generator: a pure function of this code and its lists.</summary>
public static class SampleSet
{
    private const int Seed = 2;
    private const int TrainPairs = 19_000;
    private const int EvaluationPairs = 200;
    private const int TextFiles = 4;
    private const int TextFileBytes = 180_000;

    public static SentenceGrammar ReadGrammar() => SentenceGrammar.Parse(Lists.Text("grammar.txt"));

    public static IReadOnlyList<SampleFile> Generate()
    {
        var random = new CounterRandom(Seed);
        var grammar = ReadGrammar();
        var names = NameBook.Create(random.Stream(0));
        var trainSentences = new SentenceSource(grammar, heldOut: false, random.Stream(1));
        var textSentences = new SentenceSource(grammar, heldOut: false, random.Stream(2));
        var chronicle = new Chronicle(textSentences, new NameDealer(names.Known, random.Stream(3)), random.Stream(4));

        var files = new List<SampleFile>
        {
            PairFile.Create("ner/train.jsonl", Fill(new NameDealer(names.Known, random.Stream(5)), TrainPairs, () => trainSentences.Next(_ => true))),
        };
        files.AddRange(Enumerable.Range(1, TextFiles).Select(file => chronicle.Write($"text/chronicle-{file}.txt", TextFileBytes)));

        // Only now is it known what the model will have seen: a masked sentence must not even be a part of a longer one.
        var seen = string.Join('\n', trainSentences.Masks.Concat(textSentences.Masks));
        var evaluation = new SentenceSource(grammar, heldOut: true, random.Stream(6));
        files.Add(PairFile.Create("ner/held_out.jsonl", Fill(
            new NameDealer(names.Known, random.Stream(7)), EvaluationPairs, () => evaluation.Next(IsNew))));
        files.Add(PairFile.Create("ner/recombined.jsonl", Fill(
            new NameDealer(names.Recombined, random.Stream(8)), EvaluationPairs, () => evaluation.Next(one => HasComposedName(one) && IsNew(one)))));
        return files;

        bool IsNew(Skeleton skeleton) =>
            !evaluation.Masks.Contains(skeleton.Mask) && !seen.Contains(skeleton.Mask, StringComparison.Ordinal);
    }

    private static IEnumerable<Sentence> Fill(NameDealer dealer, int count, Func<Skeleton> next) =>
        Enumerable.Range(0, count).Select(_ => dealer.Fill(next()));

    private static bool HasComposedName(Skeleton skeleton) =>
        skeleton.CountOf(EntityType.Person) + skeleton.CountOf(EntityType.Organization) > 0;
}
