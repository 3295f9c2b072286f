namespace FineTune.LocalHost.Durable.Store;

internal static class Schema
{
    /// <summary>Of instances that have not ended: terminal are Completed, Failed, Canceled, Terminated.</summary>
    public const string Live = "status NOT IN (1, 3, 4, 5)";

    /// <summary>
    /// <c>inbox</c> holds everything that an instance has yet to see; a timer is a message that is due later.
    /// Times are UTC ticks; events are JSON, one per row. Payloads come last, so that reading the rest does not touch them.
    /// </summary>
    public const string Sql = $"""
        CREATE TABLE IF NOT EXISTS instances (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            execution TEXT NOT NULL,
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            status INTEGER NOT NULL,
            created INTEGER NOT NULL,
            updated INTEGER NOT NULL,
            parent_name TEXT,
            parent_id TEXT,
            parent_execution TEXT,
            parent_task INTEGER,
            failure TEXT,
            custom_status TEXT,
            input TEXT,
            output TEXT);
        CREATE INDEX IF NOT EXISTS instances_live ON instances (seq) WHERE {Live};
        CREATE INDEX IF NOT EXISTS instances_parent ON instances (parent_id) WHERE parent_id IS NOT NULL;
        CREATE TABLE IF NOT EXISTS history (
            instance_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (instance_id, position)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS inbox (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL,
            execution TEXT,
            due INTEGER NOT NULL,
            carried INTEGER NOT NULL DEFAULT 0,
            timer INTEGER,
            event TEXT NOT NULL);
        CREATE INDEX IF NOT EXISTS inbox_instance ON inbox (instance_id, due);
        CREATE INDEX IF NOT EXISTS inbox_due ON inbox (due, seq);
        CREATE TABLE IF NOT EXISTS activities (
            seq INTEGER PRIMARY KEY AUTOINCREMENT,
            instance_id TEXT NOT NULL,
            execution TEXT NOT NULL,
            task INTEGER NOT NULL,
            name TEXT NOT NULL,
            input TEXT);
        CREATE INDEX IF NOT EXISTS activities_instance ON activities (instance_id);
        """;
}
