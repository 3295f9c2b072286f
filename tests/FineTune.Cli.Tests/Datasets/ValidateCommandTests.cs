using System.Text.Json;
using FineTune.Cli.Tests.Support;
using FineTune.Testing.Tables;

namespace FineTune.Cli.Tests.Datasets;

public sealed class ValidateCommandTests : IDisposable
{
    private readonly TempFolder folder = new();

    [Fact]
    public async Task Validate_GoodFile_ExitsWith0WithoutAHost()
    {
        var file = Write("train.jsonl", Enumerable.Range(0, 20).Select(i => $$"""{"prompt": "a{{i}}", "response": "b"}"""));

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", file, "--model", "meta-llama/Llama-3.2-1B");

        Assert.Equal((ExitCodes.Ok, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("Ready to train: 20 examples, 0 errors", run.OutLines[^1], StringComparison.Ordinal);
        Assert.Contains("H100", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_Errors_ExitWith1AndNameLineAndCure()
    {
        var file = Write("train.jsonl", ["""{"prompt": "a", "response": "b"}""", """{"prompt": "a"}"""]);

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", file);

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Contains("train.jsonl:2: error missing_field: 'response' is missing.", run.Out, StringComparison.Ordinal);
        Assert.Contains("→ Add it, or remove the line.", run.Out, StringComparison.Ordinal);
        Assert.StartsWith("Not ready to train: 1 example, 1 error, ", run.OutLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_Json_IsTheReport()
    {
        var file = Write("train.jsonl", ["x"]);

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", file, "--task-type", "INSTRUCTION_FINETUNE", "--json");

        var problem = JsonDocument.Parse(run.Out).RootElement.GetProperty("train").GetProperty("problems")[0];
        Assert.Equal(("invalid_json", 1), (problem.GetProperty("code").GetString(), problem.GetProperty("line").GetInt32()));
    }

    [Fact]
    public async Task Validate_FolderAndPattern_ReadWhatTheyCanAndNameTheRest()
    {
        Write("a.jsonl", ["""{"prompt": "a", "response": "b"}"""]);
        Write("b.json", ["""[{"prompt": "c", "response": "d"}]"""]);
        Write("c.csv", ["prompt,response", "e,f", "g"]);
        Write("notes.txt", ["n"]);
        Write("_SUCCESS", [""]);
        Directory.CreateDirectory(Path.Combine(folder.FullPath, "deep"));
        Write("deep/d.jsonl", ["""{"prompt": "h", "response": "i"}"""]);
        Directory.CreateSymbolicLink(Path.Combine(folder.FullPath, "loop"), folder.FullPath);
        File.CreateSymbolicLink(Path.Combine(folder.FullPath, "link.jsonl"), Path.Combine(folder.FullPath, "a.jsonl"));

        var all = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", folder.FullPath);
        var some = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", Path.Combine(folder.FullPath, "**", "{a,d}.jsonl"));
        var none = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", Path.Combine(folder.FullPath, "_*"));

        Assert.Equal(ExitCodes.Failed, all.ExitCode);
        Assert.Contains("c.csv:3: error wrong_field_count", all.Out, StringComparison.Ordinal);
        foreach (var leftOut in (string[])["link.jsonl", "loop", "notes.txt"])
        {
            Assert.Contains($"{leftOut}: warning left_out_file", all.Out, StringComparison.Ordinal);
        }

        Assert.Contains("4 examples", all.OutLines[^1], StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, some.ExitCode);
        Assert.Contains("2 examples", some.OutLines[^1], StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, none.ExitCode);
    }

    [Fact]
    public async Task Validate_ParquetAndDeltaTables_NameRowsAndReadWhatTheLogHas()
    {
        var good = await ParquetFiles.OfLinesAsync<PairRow>(string.Join('\n', Enumerable.Range(0, 20).Select(i => $$"""{"prompt": "a{{i}}", "response": "b"}""")));
        var bad = await ParquetFiles.OfLinesAsync<PairRow>("{\"prompt\": \"a\", \"response\": \"b\"}\n{\"prompt\": \"a\"}");
        var table = DeltaFiles.Of(["prompt", "response"], good, bad);
        table.Save(Path.Combine(folder.FullPath, "table"));
        var file = Path.Combine(folder.FullPath, "table", "part-1.parquet");

        var ofFile = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", file);
        var ofTable = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", Path.Combine(folder.FullPath, "table"));
        table.Commit(1, DeltaFiles.Remove("part-1.parquet")).Save(Path.Combine(folder.FullPath, "table"));
        var cleaned = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", Path.Combine(folder.FullPath, "table"));
        table.Commit(3).Save(Path.Combine(folder.FullPath, "table"));
        var broken = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", Path.Combine(folder.FullPath, "table"));

        Assert.Contains("part-1.parquet, row 2: error missing_field: 'response' is missing.", ofFile.Out, StringComparison.Ordinal);
        Assert.Contains("table@v0/part-1.parquet, row 2: error missing_field: 'response' is missing.", ofTable.Out, StringComparison.Ordinal);
        Assert.Equal((ExitCodes.Failed, ExitCodes.Failed, ExitCodes.Ok), (ofFile.ExitCode, ofTable.ExitCode, cleaned.ExitCode));
        Assert.StartsWith("Ready to train: 20 examples, 0 errors", cleaned.OutLines[^1], StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Refused, broken.ExitCode);
        Assert.Contains("commit 2 of its log is missing", broken.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("validate", "missing.jsonl")]
    [InlineData("validate", ".", "--context-length", "1")]
    [InlineData("validate", ".", "--model", "nobody/knows")]
    public async Task Validate_Unusable_ExitsWith2(params string[] args)
    {
        Write("train.jsonl", ["x"]);
        args[1] = Path.Combine(folder.FullPath, args[1]);

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, args);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.StartsWith("error: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_FolderWithALink_DoesNotFollowIt()
    {
        var outside = Write("outside.jsonl", ["x"]);
        var data = Directory.CreateDirectory(Path.Combine(folder.FullPath, "data")).FullName;
        folder.Write("data/a.txt", "text");
        File.CreateSymbolicLink(Path.Combine(data, "link.jsonl"), outside);

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", data, "--html", Path.Combine(folder.FullPath, "report.html"));

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Contains(": 1 example,", run.OutLines[^1], StringComparison.Ordinal);
        Assert.Contains("CONTINUED_PRETRAIN", await File.ReadAllTextAsync(Path.Combine(folder.FullPath, "report.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string Write(string name, IEnumerable<string> lines) => folder.Write(name, string.Join('\n', lines) + "\n");
}
