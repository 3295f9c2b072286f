using System.Buffers;
using System.Text;
using FineTune.Core.Datasets;
using FineTune.Data.Sources;
using FineTune.Data.Sources.Delta;
using FineTune.Data.Sources.Parquet;
using FineTune.Data.Tests.FileSources.Delta;
using FineTune.Testing.Fuzzing;
using FineTune.Testing.Tables;
using Parquet;

namespace FineTune.Data.Tests.Fuzzing;

public sealed class ParquetFuzzTests
{
    /// <summary>Rows a file of 16 KiB may claim to have; more are read to no further end.</summary>
    private const int MaximumRows = 100_000;

    private const int RowLimit = 1 << 16;

    [Fact]
    public async Task Parquet_AnyBytes_AreRowsOrOneError()
    {
        const string Chat = """{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "weight": 0, "tool_calls": [{"id": "1", "function": {"name": "f"}}]}]}""";
        var small = new[]
        {
            await ParquetFiles.OfLinesAsync<ChatRow>(Chat),
            await ParquetFiles.OfLinesAsync<ChatRow>(Chat + "\n" + Chat, CompressionMethod.None, rowGroupSize: 1),
            await ParquetFiles.OfLinesAsync<PairRow>("{\"prompt\": \"a\", \"response\": \"b\"}\n{\"prompt\": \"a\"}", CompressionMethod.Zstd),
            await ParquetFiles.OfLinesAsync<CheckpointRow>(DeltaFiles.Protocol + "\n{\"add\": {\"path\": \"a\", \"partitionValues\": {\"b\": \"c\"}, \"size\": 1}}", CompressionMethod.None),
        };
        var corpus = small.Concat(Directory.GetFiles(Fixture.Path("parquet"), "*.parquet").Select(File.ReadAllBytes)).ToList();
        var fuzzer = new Fuzzer(corpus, [[0xff, 0xff, 0xff, 0xff, 0x0f], [0x80, 0x80, 0x80, 0x80, 0x08], [0], [0x15, 0], [0x19, 0xfc], [0x7f, 0xff, 0xff, 0xff], .. new[] { "PAR1", "\0\0\0\0", "messages", "\u0015" }.Select(Encoding.UTF8.GetBytes)]);

        var ran = await fuzzer.RunAsync(async input =>
        {
            using var rows = new ParquetRows(new MemoryStream(input), new ExampleProjection(null), RowLimit);
            var row = new ArrayBufferWriter<byte>();
            try
            {
                for (var count = 0; count < MaximumRows && await rows.WriteNextAsync(row, CancellationToken.None); count++)
                {
                    Assert.InRange(row.WrittenCount, 3, RowLimit + 1);
                    Assert.Equal(row.WrittenCount - 1, row.WrittenSpan.IndexOf((byte)'\n'));
                    row.ResetWrittenCount();
                }
            }
            catch (UnreadableFileException refused)
            {
                Assert.InRange(refused.Message.Length, 20, 1000);
            }
        });

        TestContext.Current.TestOutputHelper!.WriteLine(ran);
    }

    [Fact]
    public async Task DeltaLog_AnyBytes_IsATableOrOneError()
    {
        var table = DeltaFiles.Of(["text"], [1], [2, 3]);
        var commits = new[]
        {
            DeltaFiles.Remove("part-0.parquet") + "\n" + table.Add("x y.parquet", [4], "x%20y.parquet"),
            DeltaFiles.Metadata([DeltaFiles.Column("text", null, 1, "col-1")], "name", "text") + "\n" + """{"protocol": {"minReaderVersion": 3, "readerFeatures": ["columnMapping"]}}""",
            """{"add": {"path": "part-1.parquet", "partitionValues": {"text": null}, "size": 2, "deletionVector": {"storageType": "u", "pathOrInlineDv": "a", "offset": 1}}}""",
            """{"sidecar": {"path": "../x"}, "txn": {}, "commitInfo": {}}""",
            Encoding.UTF8.GetString(table.Files[DeltaFiles.CommitName(0)]),
        };
        string[] tokens = ["\n", "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "-1", "1e99", "\\ud800", "%2e%2e/", "%00", "/", "\"add\":", "\"remove\":", "\"path\":", "\"size\":", "\"schemaString\":", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["];
        var fuzzer = new Fuzzer([.. commits.Select(Encoding.UTF8.GetBytes)], [.. tokens.Select(Encoding.UTF8.GetBytes), [0xC3], [0]]);

        var ran = await fuzzer.RunAsync(async input =>
        {
            table.Files[DeltaFiles.CommitName(1)] = input;
            try
            {
                var snapshot = (await DeltaTable.ReadAsync(new MemoryTable(table)))!;
                Assert.Equal(1, snapshot.Version);
                Assert.All(snapshot.Files, file => Assert.Contains(file.Location[(MemoryTable.Folder.Length + 1)..], table.Files.Keys));
                Assert.All(snapshot.Files, file => Assert.NotNull(file.Columns));
            }
            catch (DataAccessException refused)
            {
                Assert.InRange(refused.Message.Length, 20, 2000);
            }
        });

        TestContext.Current.TestOutputHelper!.WriteLine(ran);
    }
}
