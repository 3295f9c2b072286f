using FineTune.Data.Datasets;

namespace FineTune.Data.Sources.Parquet;

/// <summary>Why a Parquet file can't be read.</summary>
internal static class ParquetErrors
{
    public static UnreadableFileException Damaged(string what, Exception? inner = null) =>
        new(ProblemCodes.DamagedParquet, $"The Parquet file is damaged: {what}.", inner);

    public static UnreadableFileException Unsupported(string what) =>
        new(ProblemCodes.UnsupportedParquet, $"The Parquet file can't be read: {what}.");
}
