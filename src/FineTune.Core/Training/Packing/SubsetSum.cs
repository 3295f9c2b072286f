using System.Numerics;

namespace FineTune.Core.Training.Packing;

/// <summary>Chooses numbers whose sum comes nearest to a target from below, preferring the first ones.</summary>
/// <param name="largest">No target is larger.</param>
internal sealed class SubsetSum(int largest)
{
    private const int WordBits = 64;

    // Bit s: some of the numbers so far have the sum s; the last of them is lastOf[s], and s - lastOf[s] was reached before it.
    private readonly ulong[] reached = new ulong[(largest / WordBits) + 1];
    private readonly int[] lastOf = new int[largest + WordBits];

    /// <summary>Appends the chosen ones of <paramref name="numbers"/> to <paramref name="chosen"/> and sets them to zero.</summary>
    /// <returns>Their sum.</returns>
    public int Take(Span<int> numbers, int target, List<int> chosen)
    {
        var words = reached.AsSpan(0, (target / WordBits) + 1);
        words.Clear();
        words[0] = 1;
        for (var i = 0; i < numbers.Length && !Has(words, target); i++)
        {
            if (numbers[i] <= target)
            {
                Extend(words, numbers[i], i);
            }
        }

        var best = target;
        while (!Has(words, best))
        {
            best--;
        }

        for (var sum = best; sum > 0;)
        {
            var last = lastOf[sum];
            chosen.Add(numbers[last]);
            sum -= numbers[last];
            numbers[last] = 0;
        }

        return best;
    }

    /// <summary>Adds <paramref name="number"/> to every sum reached so far.</summary>
    private void Extend(Span<ulong> words, int number, int index)
    {
        var (skip, shift) = Math.DivRem(number, WordBits);
        for (var word = words.Length - 1; word >= skip; word--)
        {
            var shifted = words[word - skip] << shift;
            if (shift > 0 && word > skip)
            {
                shifted |= words[word - skip - 1] >> (WordBits - shift);
            }

            var found = shifted & ~words[word];
            words[word] |= found;
            for (; found != 0; found &= found - 1)
            {
                lastOf[(word * WordBits) + BitOperations.TrailingZeroCount(found)] = index;
            }
        }
    }

    private static bool Has(ReadOnlySpan<ulong> words, int sum) => (words[sum / WordBits] >> (sum % WordBits) & 1) == 1;
}
