using FineTune.Core.Training;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Tests.Formatting;

public sealed class DocumentPackerTests
{
    private readonly Tokenizer tokenizer = Fixture.Tokenizer("llama3");

    [Fact]
    public void Add_Documents_GivesOneStreamInFullSequencesAndTheRest()
    {
        int[] stream = [556, .. tokenizer.Encode("one two"), .. tokenizer.Encode(" three"), 557, 556, .. tokenizer.Encode("four"), 557];

        var sequences = Pack(5, new("a", 1, "one two", false), new("a", 1, " three", true), new("b", 1, "four", true));

        Assert.Equal(stream, sequences.SelectMany(sequence => sequence.Tokens));
        Assert.All(sequences.SkipLast(1), sequence => Assert.Equal(5, sequence.Length));
        Assert.All(sequences, sequence => Assert.DoesNotContain(false, sequence.Trained));
    }

    [Fact]
    public void Flush_LoneTokenWouldBeLeft_SharesWithItsPredecessor()
    {
        var stream = tokenizer.Encode("hear me speak").Length + 2;

        Assert.Equal([stream - 2, 2], Pack(stream - 1, new DocumentPart("a", 1, "hear me speak", true)).Select(sequence => sequence.Length));
        Assert.Equal([stream - 2, 2], Pack(stream - 2, new DocumentPart("a", 1, "hear me speak", true)).Select(sequence => sequence.Length));
    }

    [Fact]
    public void Add_Sequences_BeginWhereTheirTextDoes()
    {
        var packer = new DocumentPacker(tokenizer, 4);
        var text = string.Concat(Enumerable.Range(1, 9).Select(line => $"line {line}\n\n"));

        var packed = packer.Add(new DocumentPart("a.txt", 10, text, true)).ToList();

        Assert.All(packed.Skip(1), pair =>
        {
            var before = packed.TakeWhile(other => other != pair).SelectMany(other => other.Sequence.Tokens).ToArray();
            Assert.Equal(new SequenceOrigin("a.txt", 10 + tokenizer.Decode(before).Count(c => c == '\n')), pair.Origin);
        });
        Assert.True(packed[^1].Origin.Line > 20);
    }

    [Fact]
    public void Add_PartsOfADocumentPackedElsewhere_AreNeitherBegunNorEnded()
    {
        var packer = new DocumentPacker(tokenizer, 100);

        Assert.Empty(packer.Add(new DocumentPart("a", 5, "one", true), continues: true, isCut: true));
        Assert.Empty(packer.Add(new DocumentPart("b", 1, "two", true)));

        Assert.Equal([.. tokenizer.Encode("one"), 556, .. tokenizer.Encode("two"), 557], packer.Flush().Single().Sequence.Tokens);
    }

    private List<TokenSequence> Pack(int contextLength, params DocumentPart[] parts)
    {
        var packer = new DocumentPacker(tokenizer, contextLength);
        var sequences = parts.SelectMany(part => packer.Add(part)).Select(packed => packed.Sequence).ToList();
        return [.. sequences, .. packer.Flush().Select(packed => packed.Sequence)];
    }
}
