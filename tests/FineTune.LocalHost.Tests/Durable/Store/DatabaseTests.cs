using FineTune.LocalHost.Durable;
using FineTune.LocalHost.Durable.Store;

namespace FineTune.LocalHost.Tests.Durable.Store;

public sealed class DatabaseTests : IDisposable
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("durable-database-");

    public void Dispose() => directory.Delete(recursive: true);

    [Fact]
    public void Open_ByDefault_IsWalFlushedAtEveryCommitAndOwned()
    {
        using var database = new Database(Options());

        Assert.Equal("wal", database.Scalar("PRAGMA journal_mode"));
        Assert.Equal(2L, database.Scalar("PRAGMA synchronous"));
        Assert.Equal("exclusive", database.Scalar("PRAGMA locking_mode"));
    }

    [Fact]
    public void Write_Throws_LeavesNothingAndTheNextOneWorks()
    {
        using var database = new Database(Options());
        database.Execute("CREATE TABLE t (n INTEGER)");

        Assert.Throws<FormatException>(() => database.Write<int>(() =>
        {
            database.Execute("INSERT INTO t VALUES (@0)", 1);
            throw new FormatException();
        }));
        database.Write(() => database.Execute("INSERT INTO t VALUES (@0)", 2));

        Assert.Equal([2L], database.Rows(row => row.GetInt64(0), "SELECT n FROM t"));
    }

    [Fact]
    public async Task Write_WhileAnotherIsUnderWay_SharesTheNextCommitAndFailsAlone()
    {
        const int Others = 20;
        var commits = 0;
        using var database = new Database(Options() with { OnCommit = stage => commits += stage == CommitStage.BeforeCommit ? 1 : 0 });
        database.Write(() => database.Execute("CREATE TABLE t (n INTEGER)"));
        using var entered = new ManualResetEventSlim();
        var first = Task.Run(() => database.Write(() =>
        {
            entered.Set();
            SpinWait.SpinUntil(() => database.Waiting == Others + 1);
            return database.Execute("INSERT INTO t VALUES (0)");
        }));
        entered.Wait(TestContext.Current.CancellationToken);
        var failing = Task.Run(() => database.Write<int>(() =>
        {
            database.Execute("INSERT INTO t VALUES (-1)");
            throw new FormatException();
        }));
        var others = Enumerable.Range(1, Others).Select(n => Task.Run(() => database.Write(() => database.Execute("INSERT INTO t VALUES (@0)", n))));

        await Task.WhenAll([first, .. others]);
        await Assert.ThrowsAsync<FormatException>(() => failing);
        Assert.Equal(3, commits);
        Assert.Equal(Enumerable.Range(0, Others + 1).Select(n => (long)n), database.Rows(row => row.GetInt64(0), "SELECT n FROM t ORDER BY n"));
    }

    [Theory]
    [InlineData("SELECT id FROM instances WHERE seq < 9 AND status NOT IN (1, 3, 4, 5) ORDER BY seq DESC LIMIT 1", "instances_live")]
    [InlineData("SELECT instance_id FROM inbox WHERE due <= 1 ORDER BY due, seq LIMIT 1", "inbox_due")]
    [InlineData("SELECT seq FROM inbox WHERE instance_id = 'x' AND due <= 1", "inbox_instance")]
    [InlineData("SELECT id FROM instances WHERE parent_id = 'x'", "instances_parent")]
    [InlineData("SELECT min(due) FROM inbox", "inbox_due")]
    [InlineData("DELETE FROM activities WHERE instance_id = 'x'", "activities_instance")]
    public void Plan_OfAHotStatement_UsesItsIndex(string sql, string index)
    {
        using var database = new Database(Options());

        var plan = string.Join('\n', database.Rows(row => row.GetString(3), "EXPLAIN QUERY PLAN " + sql));

        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    private DurableEngineOptions Options() => new(Path.Combine(directory.FullName, "durable.db"));
}
