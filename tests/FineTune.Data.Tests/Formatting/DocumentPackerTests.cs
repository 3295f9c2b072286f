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
    public void Flush_LoneToken_IsLeftOut()
    {
        var stream = tokenizer.Encode("hear me speak").Length + 2;

        Assert.Equal([stream - 1], Pack(stream - 1, new DocumentPart("a", 1, "hear me speak", true)).Select(sequence => sequence.Length));
        Assert.Equal([stream - 2, 2], Pack(stream - 2, new DocumentPart("a", 1, "hear me speak", true)).Select(sequence => sequence.Length));
    }

    private List<TokenSequence> Pack(int contextLength, params DocumentPart[] parts)
    {
        var packer = new DocumentPacker(tokenizer, contextLength);
        var sequences = parts.SelectMany(packer.Add).ToList();
        return packer.Flush() is { } rest ? [.. sequences, rest] : sequences;
    }
}
