using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace FineTune.LocalHost.Durable.Store;

/// <summary>
/// One SQLite connection that owns its file. A write is on disk when <see cref="Write"/> returns (WAL, synchronous=FULL); callers take turns
/// on a lock, and those who waited meanwhile share one transaction and one flush: on a busy disk the flush is what a write costs.
/// </summary>
internal sealed class Database : IDisposable
{
    private const int Busy = 5;

    // Copying the log back stalls whoever commits then: every 32 MB, not every 4, which one start in a hundred would meet.
    private const string Checkpoints = "PRAGMA wal_autocheckpoint=8000";

    private readonly SqliteConnection connection;
    private readonly Lock gate = new();
    private readonly Action<CommitStage>? onCommit;
    private readonly Dictionary<string, SqliteCommand> statements = [];
    private readonly ConcurrentQueue<PendingWrite> waiting = new();
    private bool closed;

    /// <exception cref="InvalidOperationException">Another process owns the file.</exception>
    public Database(DurableEngineOptions options)
    {
        onCommit = options.OnCommit;
        var path = options.DatabasePath;
        var connectionString = new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 };
        connection = new SqliteConnection(connectionString.ToString());
        try
        {
            connection.Open();
            var synchronous = options.FlushesEveryCommit ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF";
            foreach (var statement in (string[])["PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", synchronous, Checkpoints, Schema.Sql])
            {
                using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constants.
                command.CommandText = statement;
#pragma warning restore CA2100
                command.ExecuteNonQuery();
            }
        }
        catch (SqliteException busy) when (busy.SqliteErrorCode == Busy)
        {
            connection.Dispose();
            throw new InvalidOperationException($"The durable store '{path}' is in use by another process: stop that one first.", busy);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public T Read<T>(Func<T> query)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, this);
            return query();
        }
    }

    /// <summary>Writes that wait for the next transaction; for tests.</summary>
    internal int Waiting => waiting.Count;

    /// <summary>Runs <paramref name="work"/> within a transaction: all of it is durable afterwards, or none.</summary>
    public T Write<T>(Func<T> work)
    {
        var write = new PendingWrite<T>(work);
        waiting.Enqueue(write);
        lock (gate)
        {
            if (!write.IsDone)
            {
                CommitWaiting();
            }
        }

        return write.Result;
    }

    /// <summary>Rows changed. Parameters are <c>@0</c>, <c>@1</c>, …</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> parameters) => Prepare(sql, parameters).ExecuteNonQuery();

    public object? Scalar(string sql, params ReadOnlySpan<object?> parameters) =>
        Prepare(sql, parameters).ExecuteScalar() is { } value and not DBNull ? value : null;

    public List<T> Rows<T>(Func<SqliteDataReader, T> map, string sql, params ReadOnlySpan<object?> parameters)
    {
        using var reader = Prepare(sql, parameters).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(map(reader));
        }

        return rows;
    }

    public void Dispose()
    {
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            closed = true;
            foreach (var statement in statements.Values)
            {
                statement.Dispose();
            }

            connection.Dispose();
        }
    }

    private void CommitWaiting()
    {
        var writes = new List<PendingWrite>();
        while (waiting.TryDequeue(out var write))
        {
            writes.Add(write);
        }

        try
        {
            ObjectDisposedException.ThrowIf(closed, this);
            Execute("BEGIN IMMEDIATE");
            try
            {
                writes.ForEach(RunAlone);
                if (!writes.TrueForAll(write => write.HasFailed))
                {
                    onCommit?.Invoke(CommitStage.BeforeCommit);
                }

                Execute("COMMIT");
            }
            catch
            {
                Rollback();
                throw;
            }

            if (!writes.TrueForAll(write => write.HasFailed))
            {
                onCommit?.Invoke(CommitStage.AfterCommit);
            }

            writes.ForEach(write => write.IsDone = true);
        }
        catch (Exception error)
        {
            writes.ForEach(write => write.Fail(error));
        }
    }

    /// <summary>What fails takes nothing of the others with it.</summary>
    private void RunAlone(PendingWrite write)
    {
        Execute("SAVEPOINT one");
        try
        {
            write.Run();
        }
        catch (Exception error)
        {
            Execute("ROLLBACK TO one");
            write.Fail(error);
        }

        Execute("RELEASE one");
    }

    // SQLite has already rolled back after some errors (disk full); the first error is the one to report.
    private void Rollback()
    {
        try
        {
            Execute("ROLLBACK");
        }
        catch (SqliteException)
        {
        }
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> parameters)
    {
        if (!statements.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
#pragma warning disable CA2100 // Every statement is a constant of the store; values are parameters.
            command.CommandText = sql;
#pragma warning restore CA2100
            statements.Add(sql, command);
        }

        command.Parameters.Clear();
        for (var i = 0; i < parameters.Length; i++)
        {
            command.Parameters.AddWithValue($"@{i}", parameters[i] ?? DBNull.Value);
        }

        return command;
    }
}
