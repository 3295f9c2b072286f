using System.Text;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tests.Formatting;
using FineTune.Data.Validation;
using FineTune.Testing.Fuzzing;

namespace FineTune.Data.Tests.Fuzzing;

public sealed class RecordFuzzTests
{
    private static readonly DatasetOptions Small = new() { LineBlockBytes = 16, MaximumLineBytes = 2048 };
    private static readonly DatasetOptions Large = new() { LineBlockBytes = 1 << 16, MaximumLineBytes = 2048 };

    private static readonly string[] Corpus =
    [
        """{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "q"}]}, {"role": "assistant", "content": "a", "weight": 0}, {"role": "assistant", "content": "b"}]}""",
        """
        {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}], "parallel_tool_calls": true, "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]}, {"role": "tool", "tool_call_id": "1", "content": "r"}, {"role": "assistant", "content": "a"}]}
        """,
        """{"functions": [{"name": "f"}], "messages": [{"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}, {"role": "function", "name": "f", "content": "r"}]}""",
        "{\"prompt\": \"a\\ud83d\\ude00\", \"response\": \"b\"}\r\n{\"prompt\": \"c\", \"completion\": \"d\"}\n",
        "\uFEFF{\"text\": \"<|eot_id|> \\u0000 â€™\"}\n\n{\"text\": \"\"}",
    ];

    private static readonly string[] Tokens =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\n", "\r\n", "\uFEFF", "\\ud800", "\\udc00", "\\u0000", "null", "true", "0", "1e999", "-0.0", "1", "\"role\":",
        "\"content\":", "\"weight\":", "\"tool_calls\":", "\"function\":", "\"arguments\":", "\"messages\":", "\"prompt\":", "\"text\":", "\"assistant\"",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "<|a|>", "[INST]", "\0",
    ];

    [Fact]
    public async Task Records_AnyBytes_AreExamplesOrErrorsWhateverTheBlocks()
    {
        var fuzzer = new Fuzzer([.. Corpus.Select(Encoding.UTF8.GetBytes)], [.. Tokens.Select(Encoding.UTF8.GetBytes), [0xC3], [0xFF, 0xFE]]);

        var encoder = new ExampleEncoder(Fixture.Tokenizer("llama3"), Fixture.Template("llama3.1"), 32);

        var ran = await fuzzer.RunAsync(async input =>
        {
            foreach (var taskType in Enum.GetValues<TaskType>())
            {
                var (items, problems) = await ReadAsync(input, taskType, Large);
                var (sameItems, sameProblems) = await ReadAsync(input, taskType, Small);
                var report = await DatasetValidator.ValidateAsync(
                    [Sources.Of("x.jsonl", input)], taskType, new ValidationOptions { Reading = Small, DetailsPerCode = int.MaxValue, Parallelism = 2 });

                await ExampleMeterTests.RequireEqualAsync(input, taskType, encoder);
                Assert.Equal(items, sameItems);
                Assert.Equal(problems, sameProblems);
                Assert.Equal(items.Count, report.Examples);
                Assert.Equal(problems, report.Problems.Where(problem => problem.Line is not null && problem.Code != ProblemCodes.DuplicateExample));
                Assert.All(problems, problem => Assert.True(problem.Message.Length < 1200 && problem.Excerpt is null or { Length: <= 81 }));
            }
        });

        TestContext.Current.TestOutputHelper!.WriteLine(ran);
    }

    private static async Task<(List<string> Items, List<DatasetProblem> Problems)> ReadAsync(byte[] input, TaskType taskType, DatasetOptions options)
    {
        var problems = new List<DatasetProblem>();
        var items = new List<string>();
        await foreach (var item in new DatasetReader(taskType, options, problems.Add).ReadAsync([Sources.Of("x.jsonl", input)]))
        {
            items.Add(item is ChatExample chat
                ? $"{chat.Line}: {string.Join('|', chat.Messages.Select(message => $"{message.Role} {message.Content} {message.Trained} {string.Join(',', message.ToolCalls)}"))} {string.Join(',', chat.Tools)}"
                : item.ToString());
        }

        return (items, [.. problems.Where(problem => problem.Line is not null)]);
    }
}
