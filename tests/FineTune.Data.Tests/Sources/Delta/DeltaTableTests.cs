using System.Text;
using System.Text.Json.Nodes;
using FineTune.Core.Datasets;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Sources;
using FineTune.Data.Sources.Delta;
using FineTune.Data.Tests.FileSources.Parquet;
using FineTune.Testing.Tables;
using Parquet;
using Parquet.Schema;

namespace FineTune.Data.Tests.FileSources.Delta;

public sealed class DeltaTableTests
{
    private static readonly string[] Columns = ["text"];

    [Fact]
    public async Task Read_NoLog_IsNoTable() => Assert.Null(await DeltaTable.ReadAsync(new MemoryTable(new DeltaFiles())));

    [Fact]
    public async Task Read_Commits_GivesWhatIsNotRemoved()
    {
        var table = DeltaFiles.Of(Columns, await TextAsync("a"), await TextAsync("b"));
        table.Commit(1, table.Add("d d/part-2.parquet", await TextAsync("c"), uri: "d%20d/part-2.parquet"), DeltaFiles.Remove("part-0.parquet"));
        table.Commit(2, table.Add("part-0.parquet", await TextAsync("again")), DeltaFiles.Remove("part-1.parquet"));
        table.Files["_delta_log/00000000000000000002.crc"] = "{}"u8.ToArray();
        table.Files["_delta_log/00000000000000000001.00000000000000000002.compacted.json"] = "not needed"u8.ToArray();

        var (snapshot, items) = await ReadAsync(table);

        Assert.Equal(2, snapshot.Version);
        Assert.Equal(["main.ft.t@v2/d d/part-2.parquet", "main.ft.t@v2/part-0.parquet"], snapshot.Files.Select(file => file.Name));
        Assert.Equal(["1: c", "1: again"], items);
    }

    [Fact]
    public async Task Read_CommitThatAddsAndRemovesOnePath_KeepsTheAddedFileWhateverTheOrder()
    {
        var table = DeltaFiles.Of(Columns, await TextAsync("a"));
        table.Commit(1, table.Add("part-0.parquet", await TextAsync("b")), DeltaFiles.Remove("part-0.parquet"));

        Assert.Equal(["1: b"], (await ReadAsync(table)).Items);
    }

    [Theory]
    [InlineData("00000000000000000005.checkpoint.parquet")]
    [InlineData("00000000000000000005.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.parquet")]
    public async Task Read_CheckpointInOneFile_BeginsThere(string name)
    {
        var table = new DeltaFiles();
        await table.CheckpointAsync(name, DeltaFiles.Protocol, Metadata(), table.Add("a.parquet", await TextAsync("a")), table.Add("b.parquet", await TextAsync("b")));
        table.Commit(6, DeltaFiles.Remove("a.parquet"), table.Add("c.parquet", await TextAsync("c")));
        table.Files[DeltaFiles.CommitName(4)] = "before it, and broken"u8.ToArray();

        Assert.Equal(["1: b", "1: c"], (await ReadAsync(table)).Items);
    }

    [Fact]
    public async Task Read_CheckpointInParts_TakesAllOrTheOneBefore()
    {
        var table = DeltaFiles.Of(Columns, await TextAsync("a"));
        table.Commit(1, table.Add("b.parquet", await TextAsync("b")));
        await table.CheckpointAsync("00000000000000000001.checkpoint.0000000001.0000000002.parquet", DeltaFiles.Protocol, Metadata());
        Assert.Equal(["1: b", "1: a"], (await ReadAsync(table)).Items);

        await table.CheckpointAsync("00000000000000000001.checkpoint.0000000002.0000000002.parquet", table.Add("b.parquet", await TextAsync("b")));
        table.Files.Remove(DeltaFiles.CommitName(0));
        table.Files.Remove(DeltaFiles.CommitName(1));
        Assert.Equal(["1: b"], (await ReadAsync(table)).Items);
    }

    [Fact]
    public async Task Read_CheckpointOfVersion2_ReadsItsSidecars()
    {
        var table = new DeltaFiles();
        await table.CheckpointAsync("_sidecars/x.parquet", table.Add("a.parquet", await TextAsync("a")));
        table.Files["_delta_log/00000000000000000003.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json"] = Encoding.UTF8.GetBytes(string.Join(
            '\n',
            """{"checkpointMetadata": {"version": 3}}""",
            """{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["v2Checkpoint", "deletionVectors"], "writerFeatures": []}}""",
            Metadata(),
            """{"sidecar": {"path": "x.parquet", "sizeInBytes": 1, "modificationTime": 1}}"""));

        Assert.Equal(["1: a"], (await ReadAsync(table)).Items);
    }

    [Fact]
    public async Task Read_MappedByName_GivesTheTablesNamesAtAllDepths()
    {
        var message = new StructField("element", new DataField<string>("col-r"), new DataField<string>("col-c"), new DataField<string>("col-dropped"));
        var schema = new ParquetSchema(new ListField("col-m", message));
        var table = new DeltaFiles();
        table.Commit(
            0,
            """{"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}""",
            DeltaFiles.Metadata(
                [
                    DeltaFiles.Column("messages", new JsonObject
                    {
                        ["type"] = "array",
                        ["elementType"] = DeltaFiles.Struct(DeltaFiles.Column("role", null, 2, "col-r"), DeltaFiles.Column("content", null, 3, "col-c")),
                        ["containsNull"] = true,
                    }, 1, "col-m"),
                ],
                "name"),
            table.Add("a.parquet", await MessagesAsync(schema, ["user", "assistant"], ["q", "a"])));

        Assert.Equal(["1: User q|Assistant a"], (await ReadAsync(table, TaskType.ChatCompletion)).Items);
    }

    [Fact]
    public async Task Read_MappedById_ResolvesByTheFilesIds()
    {
        var field = new DataField<string>("whatever") { FieldId = 7 };
        using var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(new ParquetSchema(field), file))
        {
            using var group = writer.CreateRowGroup();
            await group.WriteAsync(field, ["a"]);
        }

        var table = Mapped(file.ToArray());
        var unmapped = Mapped(await TextAsync("a"));

        Assert.Equal(["1: a"], (await ReadAsync(table)).Items);
        var problem = Assert.Single((await ReadProblemsAsync(unmapped)).Problems);
        Assert.Equal(ProblemCodes.UnsupportedParquet, problem.Code);

        static DeltaFiles Mapped(byte[] content)
        {
            var table = new DeltaFiles();
            return table.Commit(
                0,
                """{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["columnMapping"], "writerFeatures": ["columnMapping"]}}""",
                DeltaFiles.Metadata([DeltaFiles.Column("text", null, 7, "col-x")], "id"),
                table.Add("a.parquet", content));
        }
    }

    [Fact]
    public async Task Read_PartitionValues_AreColumnsOfTheirFiles()
    {
        var table = new DeltaFiles();
        var content = await ParquetSourceTests.OfColumnsAsync(("prompt", ["a"]));
        table.Commit(
            0,
            DeltaFiles.Protocol,
            DeltaFiles.Metadata([DeltaFiles.Column("prompt"), DeltaFiles.Column("response")], null, "response"),
            table.Add("response=x y/a.parquet", content, "response=x%20y/a.parquet").Replace("\"partitionValues\": {}", "\"partitionValues\": {\"response\": \"x y\"}", StringComparison.Ordinal));

        Assert.Equal(["1: a>x y"], (await ReadAsync(table, TaskType.InstructionFinetune)).Items);
    }

    public static TheoryData<string, string, string> Refused { get; } = new()
    {
        { "gap", "delta_table_damaged", "commit 1 of its log is missing" },
        { "beginning", "delta_table_damaged", "commit 0 of its log is missing" },
        { "json", "delta_table_damaged", "line 2 of 00000000000000000001.json isn't valid JSON" },
        { "no action", "delta_table_damaged", "line 2 of 00000000000000000001.json is no action" },
        { "text", "delta_table_damaged", "isn't Unicode" },
        { "size", "delta_table_damaged", "bytes, but 5 by the log" },
        { "file", "delta_table_damaged", "'gone.parquet', which isn't there" },
        { "out", "delta_table_damaged", "'../../secret.parquet'" },
        { "encoded out", "delta_table_damaged", "'%2e%2e/secret.parquet'" },
        { "absolute", "delta_table_unsupported", "shallow clone" },
        { "address", "delta_table_unsupported", "shallow clone" },
        { "vector", "delta_table_unsupported", "REORG TABLE main.ft.t APPLY (PURGE)" },
        { "feature", "delta_table_unsupported", "catalogManaged, unheardOf" },
        { "version", "delta_table_unsupported", "protocol version 4" },
        { "protocol", "delta_table_damaged", "no protocol" },
        { "schema", "delta_table_damaged", "schema isn't valid JSON" },
        { "checkpoint", "delta_table_damaged", "00000000000000000000.checkpoint.parquet" },
        { "parts", "delta_table_damaged", "parts of the checkpoint of version 9" },
        { "sidecar", "delta_table_damaged", "'x.parquet' of its checkpoint is missing" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Read_WhatIsWrong_IsOneErrorThatSaysHowToMendIt(string what, string code, string text)
    {
        var table = DeltaFiles.Of(Columns, await TextAsync("a"));
        const string Add = """{"add": {"path": "X", "partitionValues": {}, "size": 5}}""";
        _ = what switch
        {
            "gap" => table.Commit(2),
            "beginning" => Without(table.Commit(1), DeltaFiles.CommitName(0)),
            "json" => table.Commit(1, "{\"add\": "),
            "no action" => table.Commit(1, "[]"),
            "text" => table.Commit(1, Add.Replace("X", "\\ud800", StringComparison.Ordinal)),
            "size" => table.Commit(1, Add.Replace("X", "part-0.parquet", StringComparison.Ordinal)),
            "file" => table.Commit(1, Add.Replace("X", "gone.parquet", StringComparison.Ordinal)),
            "out" => table.Commit(1, Add.Replace("X", "../../secret.parquet", StringComparison.Ordinal)),
            "encoded out" => table.Commit(1, Add.Replace("X", "%2e%2e/secret.parquet", StringComparison.Ordinal)),
            "absolute" => table.Commit(1, Add.Replace("X", "/etc/secret.parquet", StringComparison.Ordinal)),
            "address" => table.Commit(1, Add.Replace("X", "s3://bucket/a.parquet", StringComparison.Ordinal)),
            "vector" => table.Commit(1, table.Add("v.parquet", await TextAsync("a"), more: ", \"deletionVector\": {\"storageType\": \"u\", \"pathOrInlineDv\": \"x\", \"offset\": 1, \"sizeInBytes\": 1, \"cardinality\": 1}")),
            "feature" => table.Commit(1, """{"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["catalogManaged", "columnMapping", "unheardOf"]}}"""),
            "version" => table.Commit(1, """{"protocol": {"minReaderVersion": 4}}"""),
            "protocol" => table.Commit(0),
            "schema" => table.Commit(1, """{"metaData": {"schemaString": "{"}}"""),
            "checkpoint" => With(table, "_delta_log/00000000000000000000.checkpoint.parquet", "PAR1"),
            "parts" => With(Without(table.Commit(10), DeltaFiles.CommitName(0)), "_delta_log/00000000000000000009.checkpoint.0000000001.0000000002.parquet", "PAR1"),
            _ => With(Without(table, DeltaFiles.CommitName(0)), "_delta_log/00000000000000000003.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json", """{"sidecar": {"path": "x.parquet"}}"""),
        };

        var refusal = await Assert.ThrowsAsync<DataAccessException>(() => DeltaTable.ReadAsync(new MemoryTable(table)));

        Assert.Equal(code, refusal.Code);
        Assert.Contains(text, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("The Delta table 'main.ft.t' can't be read: ", refusal.Message, StringComparison.Ordinal);
    }

    private static DeltaFiles Without(DeltaFiles table, string path)
    {
        table.Files.Remove(path);
        return table;
    }

    private static DeltaFiles With(DeltaFiles table, string path, string content)
    {
        table.Files[path] = Encoding.UTF8.GetBytes(content);
        return table;
    }

    private static string Metadata() => DeltaFiles.Metadata([DeltaFiles.Column("text")]);

    private static Task<byte[]> TextAsync(string text) => ParquetFiles.OfAsync<TextRow>([new TextRow { Text = text }]);

    private static async Task<byte[]> MessagesAsync(ParquetSchema schema, string[] roles, string[] contents)
    {
        using var file = new MemoryStream();
        await using (var writer = await ParquetWriter.CreateAsync(schema, file))
        {
            using var group = writer.CreateRowGroup();
            foreach (var (field, values) in schema.GetDataFields().Zip<DataField, string[]>([roles, contents, ["x", "y"]]))
            {
                await group.WriteAsync(field, values, new ReadOnlyMemory<int>([0, 1]));
            }
        }

        return file.ToArray();
    }

    private static async Task<(DeltaSnapshot Snapshot, List<string> Items)> ReadAsync(DeltaFiles table, TaskType taskType = TaskType.ContinuedPretrain)
    {
        var (snapshot, items, problems) = await ReadProblemsAsync(table, taskType);
        Assert.Empty(problems);
        return (snapshot, items);
    }

    private static async Task<(DeltaSnapshot Snapshot, List<string> Items, List<DatasetProblem> Problems)> ReadProblemsAsync(DeltaFiles table, TaskType taskType = TaskType.ContinuedPretrain)
    {
        var folder = new MemoryTable(table);
        var snapshot = (await DeltaTable.ReadAsync(folder))!;
        var (items, problems) = (new List<string>(), new List<DatasetProblem>());
        foreach (var file in snapshot.Files)
        {
            var read = await RecordSourceTests.ReadAsync(
                new DatasetSource(file.Name, _ => Task.FromResult(folder.Open(file))) { Format = FileFormat.Parquet, Columns = file.Columns }, taskType);
            items.AddRange(read.Items);
            problems.AddRange(read.Problems);
        }

        return (snapshot, items, problems);
    }
}
