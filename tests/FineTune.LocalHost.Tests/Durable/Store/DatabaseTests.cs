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

    [Theory]
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
