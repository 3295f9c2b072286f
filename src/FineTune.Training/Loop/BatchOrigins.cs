using System.Globalization;
using FineTune.Core.Training;

namespace FineTune.Training.Loop;

/// <summary>Where the sequences of a batch stand in the user's data.</summary>
public sealed class BatchOrigins
{
    /// <summary>Lines that are named; the rest is counted.</summary>
    private const int Named = 20;

    private readonly List<SequenceOrigin> origins;

    public BatchOrigins(ISequenceSource source, IEnumerable<int> sequences) => origins =
    [
        .. sequences.Select(index => source.OriginOf(index)).OfType<SequenceOrigin>().Distinct()
            .OrderBy(origin => origin.File, StringComparer.Ordinal).ThenBy(origin => origin.Line),
    ];

    /// <summary>Null when no place is known.</summary>
    public SequenceOrigin? First => origins.FirstOrDefault();

    /// <summary>E.g. <c>train.jsonl:3, 17, 20 and 5 more</c>; empty when no place is known.</summary>
    public override string ToString()
    {
        var files = origins.Take(Named).GroupBy(origin => origin.File)
            .Select(file => $"{file.Key}:{string.Join(", ", file.Select(origin => origin.Line.ToString(CultureInfo.InvariantCulture)))}");
        var more = origins.Count > Named ? string.Create(CultureInfo.InvariantCulture, $" and {origins.Count - Named} more") : "";
        return string.Join("; ", files) + more;
    }
}
