using FineTune.Core.Faults;
using FineTune.Training.Engine;
using FineTune.Training.Generation;
using FineTune.Training.Models;
using FineTune.Training.Tests.Support;

namespace FineTune.Training.Tests.Generation;

public sealed class TextGeneratorTests : IDisposable
{
    private static readonly LlamaConfig Config = TestModels.TinyLlama3;
    private readonly TempFolder folder = new();
    private readonly ITokenDecoder decoder;

    public TextGeneratorTests() => decoder = TokenDecoders.Open(TestModels.Write(Config, folder["model"]), Config.MaxPositionEmbeddings);

    public void Dispose()
    {
        decoder.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void Generate_Greedy_EqualsFullReferencePassesAtEveryToken()
    {
        int[] prompt = [5, 9, 1, 30];
        var answer = Generate(prompt, new GenerationOptions(MaxNewTokens: 25)).Tokens;
        var reference = new ReferenceLlama(Config);
        List<int> sequence = [.. prompt];
        for (var i = 0; i < 25; i++)
        {
            var scores = reference.Logits([.. sequence])[^1];
            sequence.Add(Array.IndexOf(scores, scores.Max()));
        }

        Assert.Equal(sequence.Skip(prompt.Length), answer);
    }

    [Fact]
    public void Read_InPieces_EqualsReadingAtOnce()
    {
        int[] tokens = [5, 9, 1, 30, 2, 2, 7];
        var atOnce = decoder.Read(tokens).ToArray();
        decoder.Clear();
        decoder.Read(tokens.AsSpan(0, 3));
        var inPieces = decoder.Read(tokens.AsSpan(3)).ToArray();
        Assert.Equal(7, decoder.Length);
        Assert.All(atOnce.Zip(inPieces), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Generate_StopToken_EndsTheAnswerWithoutIt()
    {
        var full = Generate([5, 9], new GenerationOptions(MaxNewTokens: 10)).Tokens;
        var stop = full[4];
        var first = full.ToList().IndexOf(stop);
        var stopped = Generate([5, 9], new GenerationOptions(MaxNewTokens: 10, StopTokenIds: [stop]));
        Assert.Equal(StopReason.Stop, stopped.Reason);
        Assert.Equal(full.Take(first), stopped.Tokens);
    }

    [Fact]
    public void Generate_ToTheEndOfTheContext_StopsThere()
    {
        var prompt = Enumerable.Repeat(3, 60).ToArray();
        var result = Generate(prompt, new GenerationOptions(MaxNewTokens: 100));
        Assert.Equal((4, StopReason.Length), (result.Tokens.Count, result.Reason));
    }

    [Fact]
    public void Generate_PromptFillsTheContext_IsAFault()
    {
        var prompt = Enumerable.Repeat(3, 64).ToArray();
        var fault = Assert.Throws<FaultException>(() => Generate(prompt, new GenerationOptions())).Fault;
        Assert.Equal("context_length_exceeded", fault.Code);
    }

    [Fact]
    public void Read_BeyondTheContext_IsAFaultAndChangesNothing()
    {
        decoder.Read(new int[60]);
        Assert.Equal("context_length_exceeded", Assert.Throws<FaultException>(() => { decoder.Read(new int[5]); }).Fault.Code);
        Assert.Equal("token_out_of_range", Assert.Throws<FaultException>(() => { decoder.Read([37]); }).Fault.Code);
        Assert.Equal(60, decoder.Length);
    }

    [Fact]
    public void Generate_SampledWithASeed_RepeatsAndDiffersFromOtherSeeds()
    {
        IReadOnlyList<int> Sample(int seed) => Generate([5], new GenerationOptions(30, Temperature: 1, Seed: seed)).Tokens;
        Assert.Equal(Sample(1), Sample(1));
        Assert.NotEqual(Sample(1), Sample(2));
    }

    [Fact]
    public void OpenDecoder_OfAnEngineInTraining_UsesItsCurrentWeights()
    {
        using var engine = TrainingEngines.Open(folder["model"], null, TestModels.Hyperparameters());
        var batch = TestModels.Batch(Config, rows: 4, length: 20, seed: 1);
        using var live = engine.OpenDecoder(64);
        var before = live.Read([5, 9]).ToArray();
        Assert.Equal(decoder.Read([5, 9]).ToArray(), before);
        engine.Step([batch], 1e-2);
        live.Clear();
        Assert.NotEqual(before, live.Read([5, 9]).ToArray());
    }

    private GenerationResult Generate(int[] prompt, GenerationOptions options) =>
        new TextGenerator(decoder).Generate(prompt, options, cancellation: TestContext.Current.CancellationToken);
}
