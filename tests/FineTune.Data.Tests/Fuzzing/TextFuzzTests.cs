using System.Text;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Testing.Fuzzing;

namespace FineTune.Data.Tests.Fuzzing;

public sealed class TextFuzzTests
{
    private static readonly string[] Corpus = ["One line.\r\nAnother line, and a third.\n", "\uFEFFäöü 中文 😀 naïve\n\n\n", new('x', 400), "don't stop"];
    private static readonly string[] Tokens = [" ", "\n", "\r", "\0", "\uFEFF", "\uFFFD", "é", "😀", "ab cd", "'s", "…"];

    [Fact]
    public async Task Text_AnyBytes_IsReadWholeOrReported()
    {
        var fuzzer = new Fuzzer([.. Corpus.Select(Encoding.UTF8.GetBytes)], [.. Tokens.Select(Encoding.UTF8.GetBytes), [0xE4, 0xB8], [0x80], [0xFF]]);

        var ran = await fuzzer.RunAsync(async input =>
        {
            var problems = new List<DatasetProblem>();
            var parts = await new DatasetReader(TaskType.ContinuedPretrain, new DatasetOptions { TextBlockBytes = 16 }, problems.Add)
                .ReadAsync([Sources.Of("x.txt", input)]).Cast<DocumentPart>().ToListAsync();

            if (problems.Exists(problem => problem.Code == ProblemCodes.InvalidUtf8))
            {
                Assert.Throws<DecoderFallbackException>(() => Decode(input));
                return;
            }

            var text = Decode(input);
            Assert.Equal(text, string.Concat(parts.Select(part => part.Text)));
            Assert.Equal(text.Length == 0 ? 0 : 1, parts.Count(part => part.EndsDocument));
            Assert.Equal(text.Length > 0, parts.Count > 0 && parts[^1].EndsDocument);
        });

        TestContext.Current.TestOutputHelper!.WriteLine(ran);
    }

    private static string Decode(byte[] input)
    {
        var text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(input);
        return text.StartsWith('\uFEFF') ? text[1..] : text;
    }
}
