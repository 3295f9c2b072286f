using FineTune.Core.Training;

namespace FineTune.Training.Tests.Support;

/// <summary>Sequences in memory.</summary>
internal sealed class ListSource(IReadOnlyList<TokenSequence> sequences) : ISequenceSource
{
    public long Count => sequences.Count;

    public long TotalTokens => sequences.Sum(sequence => (long)sequence.Length);

    public TokenSequence Read(long index) => sequences[(int)index];

    public void Dispose()
    {
    }
}
