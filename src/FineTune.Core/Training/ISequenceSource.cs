namespace FineTune.Core.Training;

/// <summary>Random access to tokenized examples, in the order in which they were written.</summary>
public interface ISequenceSource : IDisposable
{
    long Count { get; }

    /// <summary>All tokens of all sequences.</summary>
    long TotalTokens { get; }

    TokenSequence Read(long index);
}
