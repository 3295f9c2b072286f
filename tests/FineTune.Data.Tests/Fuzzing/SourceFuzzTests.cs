using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Tests.FileSources;
using FineTune.Data.Validation;
using FineTune.Testing.Fuzzing;

namespace FineTune.Data.Tests.Fuzzing;

public sealed class SourceFuzzTests
{
    private static readonly DatasetOptions Small = new() { LineBlockBytes = 16, MaximumLineBytes = 2048, UncheckedExpansionBytes = 1 << 16, MaximumDecompressedBytes = 1 << 20 };
    private static readonly DatasetOptions Large = Small with { LineBlockBytes = 1 << 16 };

    [Fact]
    public async Task Csv_AnyBytes_AreRowsOrProblemsAndWrittenTablesComeBack()
    {
        var fuzzer = new Fuzzer(
            Bytes("text\na\n\"b,\"\"c\"\"\r\nd\"\r\n", "\uFEFFprompt,completion,id\nq,a,1\n\n", "messages,tools\n\"[{\"\"role\"\": \"\"assistant\"\", \"\"content\"\": \"\"a\"\"}]\",\n"),
            Bytes(",", "\"", "\"\"", "\n", "\r", "\r\n", "\uFEFF", "text", "messages", "[{\"\"role\"\":", "\0", "\\", "\u001f"));

        await RunAsync(fuzzer, async input =>
        {
            await CheckAsync("a.csv", input);

            // Written as a table, what is UTF-8 comes back as it was.
            var fields = Encoding.UTF8.GetString(input).Split('|', 3).Append("z").Where(text => text.Length is > 0 and < 200).ToList();
            var (items, problems) = await RecordSourceTests.ReadAsync(
                "a.csv", Encoding.UTF8.GetBytes("text\n" + string.Concat(fields.Select(text => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"\n"))));
            Assert.Equal(fields, items.Select(item => item[(item.IndexOf(": ", StringComparison.Ordinal) + 2)..]));
            Assert.DoesNotContain(problems, problem => problem.Severity == ProblemSeverity.Error);
        });
    }

    [Fact]
    public async Task Json_AnyBytes_AreTheElementsOfTheListOrProblems()
    {
        var fuzzer = new Fuzzer(
            Bytes("[{\"text\": \"a\"}, {\"text\": \"b\\\"]\"}, 1, [2, {}]]", " \n[\n {\n\"text\":\t\"c\"\n}\n]\n", "{\"text\": \"d\"}\n{\"text\": \"e\"}", "[]", "[[{\"text\": \"a\"}]]", $"[1, \"{new string('a', 3000)}\"\r] x"),
            Bytes("[", "]", "{", "}", ",", "\"", "\\", "\n", "\r", "\uFEFF", "{\"text\": \"x\"}", "\\\"", "\\u0041", ":"));

        await RunAsync(fuzzer, async input =>
        {
            var (items, problems) = await CheckAsync("a.json", input);
            if (Elements(input) is { Count: > 0 } elements)
            {
                var (sameItems, sameProblems) = await ReadAsync("a.jsonl", Encoding.UTF8.GetBytes(string.Join('\n', elements)), Large);
                Assert.Equal(sameItems, items);
                Assert.Equal(sameProblems.Select(problem => (problem.Line, problem.Code, problem.Field)), problems.Select(problem => (problem.Line, problem.Code, problem.Field)));
            }
        });
    }

    [Theory]
    [InlineData("gz")]
    [InlineData("zst")]
    public async Task Decompression_AnyBytes_AreContentOrOneProblem(string extension)
    {
        var lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"{{\"text\": \"{i}\"}}\n")));
        var member = DecompressionTests.Compress(lines, extension);
        var fuzzer = new Fuzzer([member, [.. member, .. member], DecompressionTests.Compress([.. "\uFEFF"u8, .. new byte[3000], .. "\r\n{"u8], extension)[..^8], DecompressionTests.Compress(new byte[1 << 18], extension)], [member[..4], member[^8..], [0x1f, 0x8b], [0x28, 0xb5, 0x2f, 0xfd], [0], [0xff]]);

        await RunAsync(fuzzer, async input =>
        {
            await CheckAsync("a.jsonl." + extension, input);

            // Compressed, any bytes come back as they were.
            var text = Encoding.UTF8.GetString(input);
            var (items, _) = await RecordSourceTests.ReadAsync("a.txt." + extension, DecompressionTests.Compress(Encoding.UTF8.GetBytes(text), extension));
            Assert.Equal(text.StartsWith('\uFEFF') ? text[1..] : text, string.Concat(items.Select(item => item[(item.IndexOf(": ", StringComparison.Ordinal) + 2)..])));
        });
    }

    private static async Task RunAsync(Fuzzer fuzzer, Func<byte[], Task> target) =>
        TestContext.Current.TestOutputHelper!.WriteLine(await fuzzer.RunAsync(target));

    private static byte[][] Bytes(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes), [0xC3], [0xFF, 0xFE]];

    /// <summary>Reading ends with the same findings whatever the blocks, and validating counts the same examples.</summary>
    private static async Task<(List<string> Items, List<DatasetProblem> Problems)> CheckAsync(string name, byte[] input)
    {
        var (items, problems) = await ReadAsync(name, input, Large);
        var (sameItems, sameProblems) = await ReadAsync(name, input, Small);
        var report = await DatasetValidator.ValidateAsync(
            [Sources.Of(name, input)], TaskType.ContinuedPretrain, new ValidationOptions { Reading = Small, DetailsPerCode = int.MaxValue, Parallelism = 2 });

        Assert.Equal(items, sameItems);
        Assert.Equal(problems, sameProblems);
        Assert.Equal(items.Count, report.Examples);
        Assert.True(items.Count > 0 || problems.Count > 0 || input.Length == 0);
        Assert.All(problems, problem => Assert.True(problem.Message.Length < 1200 && problem.Excerpt is null or { Length: <= 81 }));
        return (items, problems);
    }

    private static Task<(List<string> Items, List<DatasetProblem> Problems)> ReadAsync(string name, byte[] input, DatasetOptions options) =>
        RecordSourceTests.ReadAsync(name, input, TaskType.ContinuedPretrain, options);

    /// <summary>The elements as another parser sees them, each in one line; null when the input is no list.</summary>
    private static List<string>? Elements(byte[] input)
    {
        if (!Utf8.IsValid(input))
        {
            return null;
        }

        try
        {
            using var list = JsonDocument.Parse(input.AsMemory(input.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0));
            return list.RootElement.ValueKind == JsonValueKind.Array ? [.. list.RootElement.EnumerateArray().Select(element => element.GetRawText().Replace('\n', ' '))] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
