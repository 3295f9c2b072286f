using System.Text;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tests.Datasets;

public sealed class TextDocumentReaderTests
{
    private readonly List<DatasetProblem> problems = [];

    [Theory]
    [InlineData("separate")]
    [InlineData("llama3")]
    [InlineData("gpt2")]
    public async Task Read_SmallBlocks_TokenizesAsTheWholeText(string name)
    {
        var text = Fixture.Corpus;
        var tokenizer = Fixture.Tokenizer(name);
        for (var block = 64; block < 96; block++)
        {
            var parts = await Read(text, block);

            Assert.True(parts.Count > 50);
            Assert.Equal(text, string.Concat(parts.Select(part => part.Text)));
            Assert.Equal(tokenizer.Encode(text), parts.SelectMany(part => tokenizer.Encode(part.Text)));
        }
    }

    [Fact]
    public async Task Read_Parts_KnowTheirLinesAndOnlyTheLastEndsTheDocument()
    {
        var text = Fixture.Corpus;

        var parts = await Read(text, 1000);

        var position = 0;
        foreach (var part in parts)
        {
            Assert.Equal(1 + text[..position].Count(c => c == '\n'), part.Line);
            position += part.Text.Length;
            Assert.Equal(position == text.Length, part.EndsDocument);
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData(" ")]
    [InlineData("😀")]
    public async Task Read_NoPlaceToCut_IsStillBoundedAndComplete(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 5000));

        var parts = await Read(text, 64);

        Assert.All(parts, part => Assert.True(part.Text.Length <= 5 * 64));
        Assert.Equal(text, string.Concat(parts.Select(part => part.Text)));
        Assert.Equal([parts[^1]], parts.Where(part => part.EndsDocument));
    }

    [Fact]
    public async Task Read_LengthIsAMultipleOfTheBlock_StillEndsTheDocument() =>
        Assert.True((await Read(new string('x', 256), 64))[^1].EndsDocument);

    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public async Task Read_EmptyFile_IsNoDocumentAndAWarning(string content)
    {
        Assert.Empty(await Read(content, 64));
        Assert.Equal(ProblemCodes.EmptyFile, Assert.Single(problems).Code);
    }

    [Fact]
    public async Task Read_ByteOrderMark_IsNoText() => Assert.Equal("a b", Assert.Single(await Read("\uFEFFa b", 64)).Text);

    [Theory]
    [InlineData(64)]
    [InlineData(1 << 20)]
    public async Task Read_InvalidUtf8_IsAnErrorOfItsLineAndNoEnd(int block)
    {
        byte[] content = [.. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("a line of text\n", 20))), 0xFF, .. "rest\n"u8];

        var parts = await Read(content, block);

        Assert.DoesNotContain(parts, part => part.EndsDocument);
        Assert.Contains(problems, problem => (problem.Code, problem.Line) == (ProblemCodes.InvalidUtf8, 21));
    }

    [Fact]
    public async Task Read_CharacterCutOffAtTheEnd_IsAnError()
    {
        await Read([.. "ab"u8, 0xE2, 0x82], 64);

        Assert.Equal(ProblemCodes.InvalidUtf8, problems[0].Code);
    }

    [Fact]
    public async Task Read_Nul_IsAWarningOnce()
    {
        var parts = await Read("one\ntwo\0three\0\n", 64);

        Assert.Equal("one\ntwo\0three\0\n", Assert.Single(parts).Text);
        Assert.Equal((ProblemCodes.NulCharacter, 2L), (Assert.Single(problems).Code, problems[0].Line));
    }

    private Task<List<DocumentPart>> Read(string text, int block) => Read(Encoding.UTF8.GetBytes(text), block);

    private async Task<List<DocumentPart>> Read(byte[] content, int block)
    {
        var token = TestContext.Current.CancellationToken;
        var reader = new DatasetReader(TaskType.ContinuedPretrain, new DatasetOptions { TextBlockBytes = block }, problems.Add);
        return await reader.ReadAsync([Sources.Of("a.txt", content)], token).Cast<DocumentPart>().ToListAsync(token);
    }
}
