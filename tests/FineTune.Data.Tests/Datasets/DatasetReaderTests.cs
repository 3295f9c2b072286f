using FineTune.Core.Runs;
using FineTune.Core.Streams;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tests.Datasets;

public sealed class DatasetReaderTests
{
    private readonly List<DatasetProblem> problems = [];

    [Theory]
    [InlineData("{0}\n{1}\n")]
    [InlineData("{0}\n{1}")]
    [InlineData("\uFEFF{0}\r\n{1}\r\n")]
    [InlineData("{0}\r\n{1}\n")]
    public async Task Read_AnyLineEnds_GivesTheExamplesWithTheirLines(string format)
    {
        var content = string.Format(null, format, """{"prompt": "a", "response": "b"}""", """{"prompt": "c", "completion": "d"}""");

        var items = await Read(TaskType.InstructionFinetune, Sources.Of("x.JSONL", content));

        Assert.Equal([new InstructionExample("x.JSONL", 1, "a", "b"), new InstructionExample("x.JSONL", 2, "c", "d")], items);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Read_BlankLines_AreCountedButNoExamples()
    {
        var items = await Read(TaskType.ContinuedPretrain, Sources.Of("x.jsonl", "\n \t\r\n{\"text\": \"a\"}\n\n"));

        Assert.Equal([new DocumentPart("x.jsonl", 3, "a", EndsDocument: true)], items);
    }

    [Fact]
    public async Task Read_SeveralSources_KeepsTheirOrder()
    {
        var items = await Read(TaskType.ContinuedPretrain, Sources.Of("b.txt", "one"), Sources.Of("a.jsonl", "{\"text\": \"two\"}"));

        Assert.Equal(["b.txt", "a.jsonl"], items.Select(item => item.File));
    }

    [Fact]
    public async Task Read_Conversation_GivesRolesContentsAndWeights()
    {
        var line = """
            {"messages": [{"role": "developer", "content": "s"}, {"role": "assistant", "content": [{"type": "text", "text": "x"}, {"type": "text", "text": "y"}], "weight": 0}, {"role": "tool", "content": "t"}, {"role": "assistant", "content": "a", "weight": null}]}
            """;

        var chat = Assert.IsType<ChatExample>(Assert.Single(await Read(TaskType.ChatCompletion, Sources.Lines(line.Trim()))));

        Assert.Equal(
            [new(ChatRole.Developer, "s"), new(ChatRole.Assistant, "xy", Trained: false), new(ChatRole.Tool, "t"), new(ChatRole.Assistant, "a")],
            chat.Messages);
    }

    [Fact]
    public async Task Read_ToolCalls_GivesDefinitionsCallsAndResults()
    {
        var line = """
            {"tools": [{"type": "function", "function": {"name": "f"}}], "functions": [{"name": "g"}], "parallel_tool_calls": false, "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}, {"id": "2", "function": {"name": "f", "arguments": "none"}}]}, {"role": "tool", "tool_call_id": "1", "content": "r"}, {"role": "tool", "tool_call_id": "2", "content": "s"}, {"role": "assistant", "function_call": {"name": "g"}}, {"role": "function", "name": "g", "content": "t"}, {"role": "assistant", "content": "a"}]}
            """;

        var chat = Assert.IsType<ChatExample>(Assert.Single(await Read(TaskType.ChatCompletion, Sources.Lines(line.Trim()))));

        Assert.Equal(["""{"type": "function", "function": {"name": "f"}}""", """{"type": "function", "function": {"name": "g"}}"""], chat.Tools);
        Assert.False(chat.ParallelToolCalls);
        Assert.Equal([new ToolCall("1", "f", """{"a": 1}"""), new ToolCall("2", "f", "\"none\"")], chat.Messages[1].ToolCalls);
        Assert.Equal("", chat.Messages[1].Content);
        Assert.Equal((ChatRole.Tool, "r", "1"), (chat.Messages[2].Role, chat.Messages[2].Content, chat.Messages[2].ToolCallId));
        Assert.Equal(new ToolCall(null, "g", "{}"), Assert.Single(chat.Messages[4].ToolCalls));
        Assert.Equal((ChatRole.Tool, "g"), (chat.Messages[5].Role, chat.Messages[5].Name));
        Assert.DoesNotContain(problems, problem => problem.Severity == ProblemSeverity.Error);
    }

    [Fact]
    public async Task Read_LineOf100Megabytes_IsReportedInBoundedMemory()
    {
        var source = new DatasetSource("big.jsonl", _ => Task.FromResult<Stream>(new EndlessLine(100_000_000, "\n{\"prompt\": \"a\", \"response\": \"b\"}\n"u8.ToArray())));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var items = await Read(TaskType.InstructionFinetune, source);

        // The stream answers synchronously, so all of it ran on this thread.
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 8 << 20);
        Assert.Equal((ProblemCodes.LineTooLong, 1L), (Assert.Single(problems).Code, problems[0].Line));
        Assert.Contains("100,000,000", problems[0].Message, StringComparison.Ordinal);
        Assert.Equal(2, Assert.Single(items).Line);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    public async Task Read_LineAtTheLimit_IsReadAndOneByteMoreIsNot(int length)
    {
        var frame = """{"text": ""}""";
        var line = frame.Insert(10, new string('x', length - frame.Length));

        var items = await Read(TaskType.ContinuedPretrain, new DatasetOptions { MaximumLineBytes = 64 }, Sources.Of("x.jsonl", line + "\n"));

        Assert.Equal(length == 64 ? 1 : 0, items.Count);
        Assert.Equal(length == 64 ? 0 : 1, problems.Count);
    }

    private Task<List<DatasetItem>> Read(TaskType taskType, params DatasetSource[] sources) =>
        Read(taskType, new DatasetOptions { MaximumLineBytes = 1 << 20 }, sources);

    private async Task<List<DatasetItem>> Read(TaskType taskType, DatasetOptions options, params DatasetSource[] sources)
    {
        var reader = new DatasetReader(taskType, options, problems.Add);
        return await reader.ReadAsync(sources, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A run of x of any length, then a tail.</summary>
    private sealed class EndlessLine(long length, byte[] tail) : ReadOnlyStream
    {
        private long position;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span));

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            if (position < length)
            {
                var filled = (int)Math.Min(buffer.Length, length - position);
                buffer[..filled].Fill((byte)'x');
                position += filled;
                return filled;
            }

            var rest = tail.AsSpan((int)(position - length));
            var copied = Math.Min(rest.Length, buffer.Length);
            rest[..copied].CopyTo(buffer);
            position += copied;
            return copied;
        }
    }
}
