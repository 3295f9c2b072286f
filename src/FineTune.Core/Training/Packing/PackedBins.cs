namespace FineTune.Core.Training.Packing;

/// <summary>Sequences by bin.</summary>
/// <param name="Starts">First member of each bin, closed by the number of members.</param>
/// <param name="Members">Indices of sequences.</param>
public sealed record PackedBins(int[] Starts, int[] Members)
{
    public int Count => Starts.Length - 1;

    public ReadOnlySpan<int> this[int bin] => Members.AsSpan(Starts[bin], Starts[bin + 1] - Starts[bin]);

    internal int Sum(int bin)
    {
        var sum = 0;
        foreach (var member in this[bin])
        {
            sum += member;
        }

        return sum;
    }

    internal PackedBins Select(IEnumerable<int> bins)
    {
        List<int> starts = [0];
        var members = new List<int>();
        foreach (var bin in bins)
        {
            members.AddRange(this[bin]);
            starts.Add(members.Count);
        }

        return new PackedBins([.. starts], [.. members]);
    }

    internal PackedBins Concat(PackedBins others) =>
        new([.. Starts, .. others.Starts.Skip(1).Select(start => Members.Length + start)], [.. Members, .. others.Members]);
}
