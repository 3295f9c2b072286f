using System.Runtime.InteropServices;

namespace FineTune.Core.Training.Packing;

/// <summary>
/// Fills bins from a stream of lengths. Each begins with the length that has waited longest and is filled up by subset sum among the next
/// few, so that bins hold what the stream holds, in every part of it: what is hard to combine isn't left for the end.
/// </summary>
internal sealed class BinFiller(int capacity)
{
    /// <summary>Lengths looked at for one bin. With more, bins are fuller, but those hard to combine gather until the end.</summary>
    private const int Waiting = 64;

    /// <summary>A bin takes lengths as they come until it has room for this many of mean length; enough are left to choose among.</summary>
    private const int ClosingLengths = 8;

    private readonly SubsetSum subsetSum = new(capacity);

    /// <summary>The lengths by bin.</summary>
    public PackedBins Fill(ReadOnlySpan<int> stream)
    {
        var closing = stream.IsEmpty ? 0 : ClosingLengths * (Sum(stream) / stream.Length);
        var waiting = new List<int>(Waiting);
        var members = new List<int>(stream.Length);
        List<int> starts = [0];
        while (!stream.IsEmpty || waiting.Count > 0)
        {
            stream = Refill(waiting, stream);
            members.Add(waiting[0]);
            var free = capacity - waiting[0];
            waiting[0] = 0;
            for (; free > closing && !stream.IsEmpty && stream[0] <= free; stream = stream[1..])
            {
                members.Add(stream[0]);
                free -= stream[0];
            }

            subsetSum.Take(CollectionsMarshal.AsSpan(waiting)[1..], free, members);
            waiting.RemoveAll(length => length == 0);
            starts.Add(members.Count);
        }

        return new PackedBins([.. starts], [.. members]);
    }

    /// <summary>What is left of the stream.</summary>
    private static ReadOnlySpan<int> Refill(List<int> waiting, ReadOnlySpan<int> stream)
    {
        var count = Math.Min(Waiting - waiting.Count, stream.Length);
        waiting.AddRange(stream[..count]);
        return stream[count..];
    }

    private static long Sum(ReadOnlySpan<int> lengths)
    {
        var sum = 0L;
        foreach (var length in lengths)
        {
            sum += length;
        }

        return sum;
    }
}
