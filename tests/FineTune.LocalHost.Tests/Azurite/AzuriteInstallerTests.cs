using FineTune.LocalHost.Azurite;
using FineTune.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace FineTune.LocalHost.Tests.Azurite;

public sealed class AzuriteInstallerTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EnsureAsync_SeveralAtOnce_OneWholeInstallation()
    {
        var installed = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            new AzuriteInstaller(AzuriteInstaller.DefaultCacheRoot, NullLogger.Instance).EnsureAsync(Token)));

        Assert.True(File.Exists(Assert.Single(installed.Distinct()).EntryPoint));
    }

    [Fact]
    public void LockFile_Shipped_NamesNoRegistryAndChecksEveryPackage()
    {
        var text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Azurite", "package-lock.json"));

        Assert.DoesNotContain("\"resolved\"", text, StringComparison.Ordinal);
        Assert.Contains("\"integrity\": \"sha512-", text, StringComparison.Ordinal);
    }

    [Fact]
    public void TryTake_HeldByAnother_NullUntilGivenFree()
    {
        using var folder = new TemporaryFolder();
        var held = LocalHost.Supervision.FileLock.TryTake(folder["lock"]);

        Assert.Null(LocalHost.Supervision.FileLock.TryTake(folder["lock"]));
        held!.Dispose();

        using var again = LocalHost.Supervision.FileLock.TryTake(folder["lock"]);
        Assert.NotNull(again);
    }
}
