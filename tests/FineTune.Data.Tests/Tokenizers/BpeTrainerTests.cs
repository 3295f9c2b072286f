using System.Text;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests.Tokenizers;

public sealed class BpeTrainerTests
{
    [Theory]
    [InlineData("separate", PreTokenizerPatterns.Separate, 300, false)]
    [InlineData("llama3", PreTokenizerPatterns.Llama3, 300, true)]
    [InlineData("gpt2", PreTokenizerPatterns.Gpt2, 100, false)]
    public void Train_FixtureCorpus_WritesTheCommittedFiles(string name, string pattern, int merges, bool ignoreMerges)
    {
        using var directory = new TemporaryDirectory();
        var options = new BpeTrainerOptions { Pattern = pattern, Merges = merges, IgnoreMerges = ignoreMerges };

        BpeTrainer.Train([Fixture.Corpus], options).Save(directory.Path, options);

        foreach (var file in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            Assert.Equal(File.ReadAllText(Fixture.Path(name, file)), File.ReadAllText(directory[file]));
        }
    }

    [Fact]
    public void Train_SmallExample_MergesTheMostFrequentPairFirst()
    {
        // hug ×10, pug ×5, hugs ×5: u+g 20, h+ug 15, then hug+s 5 = p+ug 5, and p (112) has a smaller id than hug (257).
        var texts = Enumerable.Repeat("hug", 10).Concat(Enumerable.Repeat("pug", 5)).Concat(Enumerable.Repeat("hugs", 5));

        var vocabulary = BpeTrainer.Train(texts, new BpeTrainerOptions { Merges = 4 });

        Assert.Equal(["ug", "hug", "pug", "hugs"], vocabulary.Tokens.Skip(256).Select(Encoding.UTF8.GetString));
        Assert.Equal([('u', 'g'), ('h', 256), ('p', 256), (257, 's')], vocabulary.Merges);
    }

    [Fact]
    public void Train_OverlappingPairs_MergesFromTheLeft()
    {
        var vocabulary = BpeTrainer.Train(["aaaaa", "aaaaa"], new BpeTrainerOptions { Merges = 10 });

        Assert.Equal(["aa", "aaa", "aaaaa"], vocabulary.Tokens.Skip(256).Select(Encoding.UTF8.GetString));
    }

    [Fact]
    public void Train_TextsInOtherOrder_GivesTheSameMerges()
    {
        var lines = File.ReadAllLines(Fixture.Path("corpus.txt"));
        var options = new BpeTrainerOptions { Merges = 200 };

        Assert.Equal(BpeTrainer.Train(lines, options).Merges, BpeTrainer.Train(lines.Reverse(), options).Merges);
    }

    [Fact]
    public void Train_TooLittleText_StopsBeforeRarePairs() =>
        Assert.Empty(BpeTrainer.Train(["abc"], new BpeTrainerOptions { MinimumFrequency = 2 }).Merges);

    [Fact]
    public void Train_NoText_GivesTheBytes() => Assert.Equal(256, BpeTrainer.Train([], new BpeTrainerOptions()).Tokens.Count);

    [Fact]
    public void Separate_NameInTextAndInJson_GivesTheSameTokens()
    {
        var tokenizer = Fixture.Tokenizer("separate");
        var name = tokenizer.Encode("Caius Marcius");

        Assert.Equal([.. tokenizer.Encode("Here is "), .. name, .. tokenizer.Encode(".")], tokenizer.Encode("Here is Caius Marcius."));
        Assert.Equal(
            [.. tokenizer.Encode("{\"text\": \""), .. name, .. tokenizer.Encode("\"}")], tokenizer.Encode("{\"text\": \"Caius Marcius\"}"));
    }

    [Fact]
    public void Save_BosNotSpecial_IsRefused()
    {
        using var directory = new TemporaryDirectory();
        var options = new BpeTrainerOptions { SpecialTokens = ["<s>"] };

        Assert.Throws<ArgumentException>(() => BpeTrainer.Train(["a"], options).Save(directory.Path, options));
        Assert.Empty(Directory.EnumerateFiles(directory.Path, "tokenizer.json*"));
    }
}
