using System.Buffers.Binary;
using System.Text;
using FineTune.Core.Datasets;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Testing.Tables;
using Parquet;
using Parquet.Schema;

namespace FineTune.Data.Tests.FileSources.Parquet;

public sealed class ParquetSourceTests
{
    private const string Pairs = "{\"prompt\": \"a\\n\\\"ü\", \"response\": \"b\"}\n{\"prompt\": \"c\", \"response\": \"\\u0001€😀\"}\n";

    [Theory]
    [InlineData(CompressionMethod.None)]
    [InlineData(CompressionMethod.Snappy)]
    [InlineData(CompressionMethod.Gzip)]
    [InlineData(CompressionMethod.Brotli)]
    [InlineData(CompressionMethod.Zstd)]
    [InlineData(CompressionMethod.LZ4)]
    [InlineData(CompressionMethod.Lz4Raw)]
    public async Task Read_AnyCodec_GivesTheRecordsOfTheSameLines(CompressionMethod compression)
    {
        var (items, problems) = await ReadAsync(await ParquetFiles.OfLinesAsync<PairRow>(Pairs, compression, rowGroupSize: 1), TaskType.InstructionFinetune);

        Assert.Equal((await RecordSourceTests.ReadAsync("a.jsonl", Encoding.UTF8.GetBytes(Pairs), TaskType.InstructionFinetune)).Items, items);
        Assert.Empty(problems);
    }

    /// <summary>Other writers' files: pages that part rows, dictionaries that fill up, lists and nulls at all levels.</summary>
    [Theory]
    [InlineData("duckdb.parquet")]
    [InlineData("duckdb-v2.parquet")]
    [InlineData("arrow-pages.parquet")]
    [InlineData("arrow-v2-plain.parquet")]
    [InlineData("arrow-v2-default.parquet")]
    public async Task Read_OtherWritersFiles_GivesTheirRecords(string name)
    {
        var lines = new StringBuilder();
        for (var i = 0; i < 300; i++)
        {
            var answer = i % 7 == 3
                ? """{"tool_calls": [{"id": "cX", "type": "function", "function": {"name": "f", "arguments": "{\"a\": X}"}}]}""".Replace("X", $"{i}", StringComparison.Ordinal)[1..^1]
                : $"\"content\": \"Answer {i}{string.Concat(Enumerable.Repeat(" ü€😀", i % 5))}\"";
            lines.Append($$"""{"messages": [{"role": "user", "content": "Question {{i}}"}, {"role": "assistant", {{answer}}{{(i % 5 == 0 ? ", \"weight\": 0" : "")}}}]}""").Append('\n');
        }

        var (items, problems) = await ReadChatAsync("a.parquet", await File.ReadAllBytesAsync(Fixture.Path("parquet", name)));

        var (expected, expectedProblems) = await ReadChatAsync("a.jsonl", Encoding.UTF8.GetBytes(lines.ToString()));
        Assert.Equal(300 - 60, items.Count); // With weight 0 there is nothing to learn.
        Assert.Equal(expected, items);
        Assert.Equal(expectedProblems, problems.Where(problem => problem.Code != ProblemCodes.ExtraKeys).Select(problem => problem with { File = "a.jsonl", Record = "line" }));
        Assert.Equal(300, problems.Count(problem => problem.Code == ProblemCodes.ExtraKeys && problem.Message.Contains("id", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Read_MessagesAsJsonText_GivesConversations()
    {
        const string Messages = "[{\"role\": \"user\", \"content\": \"q\"},\r\n {\"role\": \"assistant\", \"content\": \"a\\nb\"}]";
        var (items, problems) = await ReadAsync(await OfColumnsAsync(("messages", [Messages, "[{'role': 'user'}]"])), TaskType.ChatCompletion);

        Assert.Equal(["1: User q|Assistant a\nb"], items);
        Assert.Equal((ProblemCodes.WrongType, 2L, "row"), Assert.Single(problems.Select(problem => (problem.Code, problem.Line!.Value, problem.Record))));
    }

    [Fact]
    public async Task Read_Nulls_AreMissingFieldsOfTheirRow()
    {
        var (items, problems) = await ReadAsync(await OfColumnsAsync(("prompt", ["a", "b", null]), ("completion", ["x", null, null])), TaskType.InstructionFinetune);

        Assert.Equal(["1: a>x"], items);
        Assert.Equal(
            [(ProblemCodes.MissingField, 2L), (ProblemCodes.UnknownExampleType, 3L)], problems.Select(problem => (problem.Code, problem.Line!.Value)));
    }

    [Fact]
    public async Task Read_TableColumns_RenamesAddsAndLeavesOut()
    {
        var file = await OfColumnsAsync(("col-1", ["a"]), ("col-2", ["b"]), ("dropped", ["c"]));
        var columns = new TableColumns(new Dictionary<string, string> { ["col-1"] = "prompt", ["col-2"] = "other" }, new Dictionary<string, string?> { ["response"] = "r\"" });

        var (items, problems) = await ReadAsync(file, TaskType.InstructionFinetune, columns);

        Assert.Equal(["1: a>r\""], items);
        Assert.Contains("'other'", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_TextThatIsNotUtf8_IsReportedWithItsRow()
    {
        var field = new DataField<byte[]>("text");
        using var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(field), file))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(field, (byte[]?[])["a"u8.ToArray(), [0xC3, 0x28]]);
        }

        var (items, problems) = await ReadAsync(file.ToArray(), TaskType.ContinuedPretrain);

        Assert.Equal(["1: a"], items);
        Assert.Equal((ProblemCodes.InvalidUtf8, 2L), Assert.Single(problems.Select(problem => (problem.Code, problem.Line!.Value))));
    }

    [Fact]
    public async Task Read_RowThatIsTooLong_IsSkippedAndTheNextKeepsItsNumber()
    {
        var file = await OfColumnsAsync(("text", ["a", new string('x', 3 << 20), "b"]));

        var (items, problems) = await ReadAsync(file, TaskType.ContinuedPretrain, options: new DatasetOptions { MaximumLineBytes = 1000, LineBlockBytes = 64 });

        Assert.Equal(["1: a", "3: b"], items);
        Assert.Equal((ProblemCodes.LineTooLong, 2L), Assert.Single(problems.Select(problem => (problem.Code, problem.Line!.Value))));
    }

    /// <summary>Whole row groups before the damage are examples; the rest is one error.</summary>
    [Fact]
    public async Task Read_CutOff_IsOneError()
    {
        var file = await ParquetFiles.OfLinesAsync<PairRow>(Pairs, rowGroupSize: 1);
        for (var length = 0; length < file.Length; length += 7)
        {
            var (items, problems) = await ReadAsync(file[..length], TaskType.InstructionFinetune);

            Assert.Empty(items);
            Assert.Equal(ProblemCodes.DamagedParquet, Assert.Single(problems).Code);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    [InlineData(3)]
    public async Task Read_LyingFooterLength_IsOneError(int length)
    {
        var file = await ParquetFiles.OfLinesAsync<PairRow>(Pairs);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(file.Length - 8), length);

        var (items, problems) = await ReadAsync(file, TaskType.InstructionFinetune);

        Assert.Empty(items);
        Assert.Equal(ProblemCodes.DamagedParquet, Assert.Single(problems).Code);
    }

    [Fact]
    public async Task Read_DamagedSecondRowGroup_KeepsTheFirst()
    {
        var file = await ParquetFiles.OfLinesAsync<PairRow>(Pairs, CompressionMethod.None, rowGroupSize: 1);
        var second = file.AsSpan().IndexOf("€"u8);
        file.AsSpan(second - 5, 4).Fill(0x7f); // The length before the text.

        var (items, problems) = await ReadAsync(file, TaskType.InstructionFinetune);

        Assert.Single(items);
        var damage = Assert.Single(problems);
        Assert.Equal(ProblemCodes.DamagedParquet, damage.Code);
        Assert.Contains("'response'", damage.Message, StringComparison.Ordinal);
        Assert.NotEmpty(damage.Cure);
    }

    [Fact]
    public async Task Read_Encrypted_SaysSo()
    {
        var file = await ParquetFiles.OfLinesAsync<PairRow>(Pairs);
        file[^1] = (byte)'E';

        Assert.Contains("encrypted", Assert.Single((await ReadAsync(file, TaskType.InstructionFinetune)).Problems).Message, StringComparison.Ordinal);
    }

    internal static async Task<byte[]> OfColumnsAsync(params (string Name, string?[] Values)[] columns)
    {
        var fields = columns.Select(column => new DataField<string>(column.Name)).ToArray();
        using var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), file))
        {
            using var group = writer.CreateRowGroup();
            foreach (var (field, column) in fields.Zip(columns))
            {
                await group.WriteAsync(field, column.Values);
            }
        }

        return file.ToArray();
    }

    private static async Task<(List<string> Items, List<DatasetProblem> Problems)> ReadAsync(
        byte[] content, TaskType taskType, TableColumns? columns = null, DatasetOptions? options = null) =>
        await RecordSourceTests.ReadAsync(Sources.Of("a.parquet", content) with { Columns = columns }, taskType, options);

    /// <summary>With weights and tool calls.</summary>
    private static async Task<(List<string> Items, List<DatasetProblem> Problems)> ReadChatAsync(string name, byte[] content)
    {
        var problems = new List<DatasetProblem>();
        var items = new List<string>();
        await foreach (var item in new DatasetReader(TaskType.ChatCompletion, DatasetOptions.Default, problems.Add).ReadAsync([Sources.Of(name, content)]))
        {
            items.Add(string.Join('|', ((ChatExample)item).Messages.Select(message => $"{message.Role} {message.Content} {message.Trained} {string.Join(',', message.ToolCalls)}")));
        }

        return (items, problems);
    }
}
