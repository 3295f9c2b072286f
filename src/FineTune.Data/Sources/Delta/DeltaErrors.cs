using FineTune.Core.Datasets;

namespace FineTune.Data.Sources.Delta;

/// <summary>Why a Delta table can't be read.</summary>
internal static class DeltaErrors
{
    /// <summary>The log contradicts itself, or what lies beside it.</summary>
    public static DataAccessException Damaged(ITableFolder table, string what, Exception? inner = null) => new(
        "delta_table_damaged",
        $"The Delta table '{table.Name}' can't be read: {what}. Copy the whole table again, with its _delta_log folder, or repair it with FSCK REPAIR TABLE.",
        inner);

    /// <summary>It is in order, but of a kind that isn't read.</summary>
    public static DataAccessException Unsupported(ITableFolder table, string what, string cure) => new(
        "delta_table_unsupported", $"The Delta table '{table.Name}' can't be read: {what}. {cure}");
}
