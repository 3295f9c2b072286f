using FineTune.Cli.Tests.Support;

namespace FineTune.Cli.Tests;

public sealed class FineTuneCommandTests
{
    [Fact]
    public async Task RunAsync_NoArguments_ShowsHelpWithExitCodesAndIsUsage()
    {
        var run = await CommandLine.RunAsync(CommandLine.Nowhere);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("Exit codes: 0 done; 1 the run failed", run.Out, StringComparison.Ordinal);
        Assert.Contains("checkpoints", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("list", "--frobnicate")]
    [InlineData("list", "--status", "SIDEWAYS")]
    [InlineData("get")]
    [InlineData("create", "--model", "finetune/tiny-llama")]
    [InlineData("models", "import", "/no/such/folder", "--as", "x/y")]
    public async Task RunAsync_WrongUsage_ExitsWithUsageAndSaysWhyOnError(params string[] args)
    {
        var run = await CommandLine.RunAsync(CommandLine.Nowhere, args);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.NotEmpty(run.Error);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("watch", "run-1")]
    [InlineData("chat", "main.demo.ner", "--prompt", "@home")]
    public async Task RunAsync_NoHost_ExitsWithUnavailableAndNamesTheRemedy(params string[] args)
    {
        var run = await CommandLine.RunAsync(CommandLine.Nowhere, args);

        Assert.Equal(ExitCodes.HostUnavailable, run.ExitCode);
        Assert.Contains("error: No host answers at http://127.0.0.1:9/", run.Error, StringComparison.Ordinal);
        Assert.Contains("finetune up", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
