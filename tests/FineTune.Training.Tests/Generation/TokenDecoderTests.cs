using FineTune.Training.Generation;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Generation;

/// <summary>Both decoders against the reference in double precision, and the memory they take.</summary>
public sealed class TokenDecoderTests : IDisposable
{
    /// <summary>Longer than the piece in which a prompt is read, with a width that is no multiple of the vectors' and odd row counts.</summary>
    private static readonly LlamaConfig Long = TestModels.Tiny with
    {
        VocabSize = 35,
        HiddenSize = 12,
        IntermediateSize = 22,
        HeadDimension = 6,
        MaxPositionEmbeddings = 700,
        Layers = 1,
    };

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("llama3")]
    [InlineData("multi-head")]
    [InlineData("tied")]
    [InlineData("odd")]
    public void Read_AtOnceInPiecesAndOneByOne_GivesTheReferencesScores(string shape)
    {
        var config = shape switch
        {
            "multi-head" => TestModels.Tiny with { KeyValueHeads = 4, HeadDimension = 4 },
            "tied" => TestModels.Tiny with { TieWordEmbeddings = true },
            "odd" => Long,
            _ => TestModels.TinyLlama3,
        };
        var tokens = TestModels.Sequence(config, 40, seed: 3).Tokens;
        var expected = new ReferenceLlama(config).Logits(tokens)[^1];
        TestModels.Write(config, folder["model"]);
        ITokenDecoder[] decoders = [CpuDecoder.Open(folder["model"], 64), LlamaDecoder.Open(folder["model"], 64)];
        foreach (var decoder in decoders)
        {
            using (decoder)
            {
                foreach (var piece in new[] { 40, 17, 1 })
                {
                    decoder.Clear();
                    for (var first = 0; first < 40; first += piece)
                    {
                        var scores = decoder.Read(tokens.AsSpan(first, Math.Min(piece, 40 - first)));
                        if (first + piece >= 40)
                        {
                            AssertClose(expected, scores);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void Read_PromptBeyondOnePiece_GivesTheScoresOfTheOtherDecoder()
    {
        TestModels.Write(Long, folder["model"]);
        var tokens = TestModels.Sequence(Long, 601, seed: 4).Tokens;
        using var decoder = CpuDecoder.Open(folder["model"], 700);
        using var other = LlamaDecoder.Open(folder["model"], 700);
        double[] expected = [.. other.Read(tokens).ToArray().Select(score => (double)score)];
        AssertClose(expected, decoder.Read(tokens));
        Assert.Equal(601, decoder.Length);
    }

    [Fact]
    public void Read_OneToken_LeavesNoGarbage()
    {
        using var decoder = CpuDecoder.Open(TestModels.Write(Long, folder["model"]), 700);
        int[] token = [3];
        decoder.Read(token);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
        {
            decoder.Read(token);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual)
    {
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 5e-5);
        }
    }
}
