using Microsoft.Data.Sqlite;

namespace FineTune.Benchmarks;

/// <summary>Fills a store that no engine has open: what takes hours to run takes seconds to copy.</summary>
internal static class ClonedInstances
{
    /// <summary>Adds copies of the instance <paramref name="id"/> and its children, named <c>id-1</c>, <c>id-2</c>, …</summary>
    public static void Add(string database, string id, int copies)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = """
            BEGIN;
            CREATE TEMP TABLE copies AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @copies) SELECT i FROM n;
            INSERT INTO instances (id, execution, name, version, status, created, updated, input, output, custom_status, failure,
                parent_name, parent_id, parent_execution, parent_task)
            SELECT @id || '-' || i || substr(id, length(@id) + 1), execution, name, version, status, created, updated, input, output,
                custom_status, failure, parent_name, @id || '-' || i || substr(parent_id, length(@id) + 1), parent_execution, parent_task
            FROM copies, instances WHERE id = @id OR id LIKE @id || ':%' ORDER BY i;
            INSERT INTO history SELECT @id || '-' || i || substr(instance_id, length(@id) + 1), position, event
            FROM copies, history WHERE instance_id = @id OR instance_id LIKE @id || ':%' ORDER BY i;
            COMMIT;
            """;
        command.Parameters.AddWithValue("@id", id);
        command.Parameters.AddWithValue("@copies", copies);
        command.ExecuteNonQuery();
    }
}
