using FineTune.Data.Tokenizers;
using FineTune.Data.Tokenizers.Merging;

namespace FineTune.Data.Tests.Tokenizers.Merging;

public sealed class BpeModelTests
{
    private const int Bytes = 256;
    private const int Letters = 3;
    private const int Merges = 200;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Append_PiecesOfManyWindows_GivesWhatMergingTheWholeGives(int seed)
    {
        var random = new Random(seed);
        var merges = RandomMerges(random);
        var table = new MergeTable(Merges, Merges);
        foreach (var ((left, right), rank) in merges)
        {
            table.Add(left, right, rank, Letters + rank);
        }

        var model = new BpeModel(new ByteAlphabet([.. Enumerable.Range(0, Bytes).Select(value => value % Letters)]), table, whole: null);
        var workspace = new BpeWorkspace();
        for (var round = 0; round < 60; round++)
        {
            var piece = Piece(random, random.Next(1, 1500));
            var output = new TokenBuffer();
            model.Append(piece, 0, piece.Length, output, workspace);

            Assert.Equal(MergeWhole(piece, merges, Letters), output.Ids.ToArray());
        }
    }

    [Fact]
    public void Merge_NoSymbols_LeavesNone()
    {
        var symbols = new Symbols();
        symbols.Begin(0);

        symbols.Merge(new MergeTable(0, 0));

        Assert.Equal(0, symbols.Count);
    }

    /// <summary>Neighbours merge from the right, so how the beginning is cut depends on text that a window doesn't reach.</summary>
    [Fact]
    public void Append_TokensThatDependOnFarText_GivesWhatMergingTheWholeGives()
    {
        var merges = Enumerable.Range(0, Bytes - 1).ToDictionary(letter => (letter, letter + 1), letter => 255 - letter);
        var table = new MergeTable(Bytes, Bytes);
        foreach (var ((left, right), rank) in merges)
        {
            table.Add(left, right, rank, Bytes + rank);
        }

        byte[] piece = [.. Enumerable.Range(0, 1200).Select(i => (byte)(i % 251))];
        var output = new TokenBuffer();
        new BpeModel(new ByteAlphabet([.. Enumerable.Range(0, Bytes)]), table, whole: null).Append(piece, 0, piece.Length, output, new BpeWorkspace());

        Assert.Equal(MergeWhole(piece, merges, Bytes), output.Ids.ToArray());
    }

    /// <summary>Each of two tokens made so far, so that some tokens are longer than a window.</summary>
    private static Dictionary<(int Left, int Right), int> RandomMerges(Random random)
    {
        var merges = new Dictionary<(int, int), int>();
        while (merges.Count < Merges)
        {
            merges.TryAdd((random.Next(Letters + merges.Count), random.Next(Letters + merges.Count)), merges.Count);
        }

        return merges;
    }

    /// <summary>Random letters, and runs of a few of them.</summary>
    private static byte[] Piece(Random random, int length)
    {
        var unit = random.GetItems<byte>([0, 1, 2], random.Next(2) == 0 ? length : random.Next(1, 6));
        return [.. Enumerable.Range(0, length).Select(i => unit[i % unit.Length])];
    }

    private static List<int> MergeWhole(byte[] piece, Dictionary<(int Left, int Right), int> merges, int firstMerged)
    {
        var ids = piece.Select(letter => (int)letter).ToList();
        while (true)
        {
            var (at, lowest) = (-1, int.MaxValue);
            for (var i = 0; i + 1 < ids.Count; i++)
            {
                if (merges.TryGetValue((ids[i], ids[i + 1]), out var rank) && rank < lowest)
                {
                    (at, lowest) = (i, rank);
                }
            }

            if (at < 0)
            {
                return ids;
            }

            ids[at] = firstMerged + lowest;
            ids.RemoveAt(at + 1);
        }
    }
}
