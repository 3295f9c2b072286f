using System.Text;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;

namespace FineTune.Data.Tests.Formatting;

public sealed class ExampleMeterTests
{
    private static readonly string[] Texts =
    [
        "", " ", "Hello, wörld!", "it's\n\n  indented\tand \"quoted\" \\\\ \u0001", "数据 données 😀🎉 مرحبا", "\u3000trimmed\u0085\u001c", "<|eot_id|> [INST]", "1234567890 3.14",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x = [i**2 for i in range(10)]\r\n", "don'T we'll I'ſ",
    ];

    [Theory]
    [InlineData("own")]
    [InlineData("llama3")]
    [InlineData("llama3.1")]
    [InlineData("llama2")]
    [InlineData("mixtral")]
    public async Task Measure_Conversations_IsTheLengthOfWhatIsEncoded(string family)
    {
        var random = new Random(1);
        var lines = Enumerable.Range(0, 400).Select(_ => $$"""{"messages": [{{string.Join(", ", Messages(random))}}]}""");

        foreach (var context in (int[])[2, 16, 64, 4096])
        {
            await RequireEqualAsync(
                Encoding.UTF8.GetBytes(string.Join('\n', lines)), TaskType.ChatCompletion, new ExampleEncoder(Fixture.Tokenizer("llama3"), Fixture.Template(family), context));
        }
    }

    [Theory]
    [InlineData("llama3")]
    [InlineData("gpt2")]
    [InlineData("separate")]
    public async Task Measure_InstructionsAndTexts_IsTheLengthOfWhatIsEncoded(string tokenizer)
    {
        var random = new Random(2);
        var encoder = new ExampleEncoder(Fixture.Tokenizer(tokenizer), null, 32);
        var instructions = Enumerable.Range(0, 400).Select(_ => $$"""{"prompt": {{Text(random)}}, "response": {{Text(random)}}}""");
        var texts = Enumerable.Range(0, 400).Select(_ => $$"""{"text": {{Text(random)}}}""");

        await RequireEqualAsync(Encoding.UTF8.GetBytes(string.Join('\n', instructions)), TaskType.InstructionFinetune, encoder);
        await RequireEqualAsync(Encoding.UTF8.GetBytes(string.Join('\n', texts)), TaskType.ContinuedPretrain, encoder);
    }

    /// <summary>Measures the lines of a file one by one, and encodes the same ones.</summary>
    internal static async Task RequireEqualAsync(byte[] file, TaskType taskType, ExampleEncoder encoder)
    {
        var source = Sources.Of("x.jsonl", file);
        var reader = new DatasetReader(taskType, DatasetOptions.Default, _ => { });
        var measured = new List<ExampleLength>();
        using var meter = new ExampleMeter(encoder);
        await foreach (var block in reader.ReadBlocksAsync(source))
        {
            measured.AddRange(new LineParser(taskType, DatasetOptions.Default, "x").Parse(block, _ => { }).Select(line => meter.Measure(line.Example)));
        }

        var encoded = new List<ExampleLength>();
        await foreach (var item in reader.ReadAsync([source]))
        {
            encoded.Add(item is DocumentPart part ? OfDocument(encoder, part) : OfExample(encoder.Encode(item)));
        }

        Assert.Equal(encoded, measured);
    }

    private static ExampleLength OfDocument(ExampleEncoder encoder, DocumentPart part)
    {
        var count = encoder.Tokenizer.Encode(part.Text).Length + (encoder.Tokenizer.BosId is null ? 1 : 2);
        return new ExampleLength(count, count, count);
    }

    private static ExampleLength OfExample(EncodedExample encoded) =>
        new(encoded.Length, encoded.Sequence?.Length ?? 0, encoded.Sequence?.TrainedCount ?? 0, encoded.Detail);

    private static IEnumerable<string> Messages(Random random)
    {
        for (var turns = random.Next(1, 4); turns > 0; turns--)
        {
            yield return $$"""{"role": "user", "content": {{Text(random)}}}""";
            yield return random.Next(8) switch
            {
                0 => $$"""{"role": "assistant", "content": {{Text(random)}}, "weight": {{random.Next(2)}}}""",
                1 => $$"""{"role": "assistant", "content": [{"type": "text", "text": {{Text(random)}}}, {"type": "text", "text": {{Text(random)}}}]}""",
                2 => """{"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]}""",
                _ => $$"""{"name": null, "content": {{Text(random)}}, "role": "assistant"}""",
            };
        }
    }

    /// <summary>A JSON string of some of the texts, with every escape that JSON has.</summary>
    private static string Text(Random random)
    {
        var json = new StringBuilder("\"");
        foreach (var c in string.Concat(random.GetItems(Texts, random.Next(5))))
        {
            _ = c switch
            {
                '"' or '\\' or '/' => json.Append('\\').Append(c),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ when random.Next(6) == 0 && !char.IsSurrogate(c) => json.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => json.Append(c),
            };
        }

        return json.Append("\\b\\f\\ud83d\\ude00\"").ToString();
    }
}
