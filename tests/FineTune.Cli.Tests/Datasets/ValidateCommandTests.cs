using System.Text.Json;
using FineTune.Cli.Tests.Support;

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
    }

    [Fact]
    public async Task Validate_Json_IsTheReport()
    {
        var file = Write("train.jsonl", ["x"]);

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "validate", file, "--task-type", "INSTRUCTION_FINETUNE", "--json");

        var problem = JsonDocument.Parse(run.Out).RootElement.GetProperty("train").GetProperty("problems")[0];
        Assert.Equal(("invalid_json", 1), (problem.GetProperty("code").GetString(), problem.GetProperty("line").GetInt32()));
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
        Assert.Contains(": 1 examples", run.OutLines[^1], StringComparison.Ordinal);
        Assert.Contains("CONTINUED_PRETRAIN", await File.ReadAllTextAsync(Path.Combine(folder.FullPath, "report.html"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();

    private string Write(string name, IEnumerable<string> lines) => folder.Write(name, string.Join('\n', lines) + "\n");
}
