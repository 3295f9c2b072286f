using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>Which files of a folder are read.</summary>
public static class FileSelection
{
    /// <summary>Of the service itself: the template of runs that uploads into the folder start.</summary>
    private const string RunTemplate = "finetune.json";

    /// <summary>
    /// Whether a name below the folder counts at all: parts that begin with a dot or an underscore are marks of other programs, as in
    /// Spark and Hadoop.
    /// </summary>
    public static bool Counts(string name) =>
        !name.StartsWith('.') && !name.StartsWith('_') && !name.Contains("/.", StringComparison.Ordinal) && !name.Contains("/_", StringComparison.Ordinal)
        && name != RunTemplate && !name.EndsWith("/" + RunTemplate, StringComparison.Ordinal);

    /// <summary>Whether files of this name are read for the task; null reads for any.</summary>
    public static bool IsRead(string name, TaskType? taskType) => FileFormat.Of(name).Records switch
    {
        RecordFormat.Unknown => false,
        RecordFormat.Text => taskType is null or TaskType.ContinuedPretrain,
        _ => true,
    };
}
