using FineTune.Cli.Demo;
using FineTune.Cli.Hosting;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Faults;

namespace FineTune.Cli.Tests.Demo;

public sealed class DemoFolderTests : IDisposable
{
    private readonly TempFolder temp = new();

    public void Dispose() => temp.Dispose();

    [Fact]
    public async Task Prepare_LeftByADemo_IsEmptied()
    {
        var path = Path.Combine(temp.FullPath, "demo");
        await PrepareAsync(path, keep: false);
        temp.Write("demo/storage/blob", "x");
        temp.Write("demo/demo.html", "x");

        await PrepareAsync(path, keep: false);

        Assert.Equal([".finetune-demo", "host.lock"], Directory.EnumerateFileSystemEntries(path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Prepare_Keep_LeavesWhatIsThere()
    {
        var file = temp.Write("storage/blob", "x");

        await PrepareAsync(temp.FullPath, keep: true);

        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task Prepare_SomeoneElsesFolder_IsRefusedAndUntouched()
    {
        var file = temp.Write("thesis.txt", "years of work");

        var refused = await Assert.ThrowsAsync<UsageException>(() => PrepareAsync(temp.FullPath, keep: false));

        Assert.Contains("no demo made it", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public async Task Prepare_WhileAHostUsesIt_IsRefusedAndUntouched()
    {
        await PrepareAsync(temp.FullPath, keep: false);
        var file = temp.Write("storage/blob", "x");
        await using var host = await LocalHostAdapter.HoldAsync(temp.FullPath, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<FaultException>(() => PrepareAsync(temp.FullPath, keep: false));

        Assert.True(File.Exists(file));
    }

    private static Task PrepareAsync(string path, bool keep) =>
        DemoFolder.PrepareAsync(path, keep, LocalHostAdapter.HoldAsync, TestContext.Current.CancellationToken);
}
