using FineTune.Cli.Demo;
using FineTune.Cli.Tests.Support;

namespace FineTune.Cli.Tests.Demo;

public sealed class DemoFolderTests
{
    [Fact]
    public void Open_LeftByADemo_IsEmptied()
    {
        using var temp = new TempFolder();
        var path = Path.Combine(temp.FullPath, "demo");
        DemoFolder.Open(path, keep: false).Dispose();
        temp.Write("demo/storage/blob", "x");
        temp.Write("demo/demo.html", "x");

        using var again = DemoFolder.Open(path, keep: false);

        Assert.Single(Directory.EnumerateFileSystemEntries(path));
    }

    [Fact]
    public void Open_Keep_LeavesWhatIsThere()
    {
        using var temp = new TempFolder();
        var file = temp.Write("storage/blob", "x");

        using var folder = DemoFolder.Open(temp.FullPath, keep: true);

        Assert.True(File.Exists(file));
    }

    [Fact]
    public void Open_SomeoneElsesFolder_IsRefusedAndUntouched()
    {
        using var temp = new TempFolder();
        var file = temp.Write("thesis.txt", "years of work");

        var refused = Assert.Throws<UsageException>(() => DemoFolder.Open(temp.FullPath, keep: false));

        Assert.Contains("no demo made it", refused.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void Open_WhileADemoRunsThere_IsRefused()
    {
        using var temp = new TempFolder();
        using var running = DemoFolder.Open(temp.FullPath, keep: false);

        var refused = Assert.Throws<UsageException>(() => DemoFolder.Open(temp.FullPath, keep: false));

        Assert.Contains("Another demo is running", refused.Message, StringComparison.Ordinal);
    }
}
