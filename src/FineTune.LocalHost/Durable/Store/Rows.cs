using System.Text.Json;
using System.Text.Json.Serialization;
using FineTune.Core.Json;
using FineTune.Workflows.Durable;
using Microsoft.Data.Sqlite;

namespace FineTune.LocalHost.Durable.Store;

/// <summary>Between rows and records.</summary>
internal static class Rows
{
    public const string InstanceColumns =
        "seq, id, execution, name, version, status, created, updated, input, output, custom_status, failure, "
        + "parent_name, parent_id, parent_execution, parent_task";

    /// <summary>The same without payloads.</summary>
    public const string SummaryColumns =
        "seq, id, execution, name, version, status, created, updated, NULL, NULL, NULL, failure, "
        + "parent_name, parent_id, parent_execution, parent_task";

    // Most fields of an event are null: they are left out.
    private static readonly JsonSerializerOptions EventOptions = new(WireJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write(HistoryEvent e) => JsonSerializer.Serialize(e, EventOptions);

    public static HistoryEvent ReadEvent(string json) => JsonSerializer.Deserialize<HistoryEvent>(json, EventOptions)!;

    public static InstanceRecord ReadInstance(SqliteDataReader row) => new(
        row.GetInt64(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetString(4),
        (OrchestrationRuntimeStatus)row.GetInt32(5),
        Time(row.GetInt64(6)),
        Time(row.GetInt64(7)),
        Text(row, 8),
        Text(row, 9),
        Text(row, 10),
        Text(row, 11) is { } failure ? WireJson.Deserialize<TaskFailureDetails>(failure) : null,
        Text(row, 13) is { } parent ? new ParentRecord(row.GetString(12), parent, row.GetString(14), row.GetInt32(15)) : null);

    public static ActivityWorkItem ReadActivity(SqliteDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetString(4), Text(row, 5));

    public static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
