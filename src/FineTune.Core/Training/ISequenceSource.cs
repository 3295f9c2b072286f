namespace FineTune.Core.Training;

/// <summary>Random access to tokenized examples, in the order in which they were written.</summary>
public interface ISequenceSource : IDisposable
{
    long Count { get; }

    /// <summary>All tokens of all sequences.</summary>
    long TotalTokens { get; }

    TokenSequence Read(long index);

    /// <summary>Tokens of a sequence; sources with an index answer without reading it.</summary>
    int LengthOf(long index) => Read(index).Length;

    /// <summary>Where a sequence's first token stands in the user's data; null where that isn't known.</summary>
    SequenceOrigin? OriginOf(long index) => null;
}

/// <summary>A place in the user's data.</summary>
/// <param name="File">As the user knows it.</param>
/// <param name="Line">Line of a text or JSONL file, row of a table or element of a list, from 1.</param>
public sealed record SequenceOrigin(string File, long Line)
{
    public override string ToString() => $"{File}:{Line}";
}
