using CsCheck;
using FineTune.Core.Training.Packing;

namespace FineTune.Core.Tests.Training.Packing;

public sealed class SubsetSumTests
{
    private static readonly Gen<(int[] Numbers, int Target)> Given = Gen.Select(Gen.Int[1, 400].Array[0, 10], Gen.Int[0, 700]);

    [Fact]
    public void Take_AnyNumbers_IsTheNearestSumFromBelow()
    {
        var used = new SubsetSum(700);
        Given.Sample(
            given =>
            {
                var (left, chosen) = (given.Numbers.ToArray(), new List<int>());
                var sum = used.Take(left, given.Target, chosen);
                return sum == Sums(given.Numbers).Where(other => other <= given.Target).Max()
                    && sum == chosen.Sum()
                    && left.Where(number => number > 0).Concat(chosen).Order().SequenceEqual(given.Numbers.Order());
            },
            threads: 1);
    }

    [Fact]
    public void Take_SeveralWaysToTheTarget_PrefersTheFirst()
    {
        int[] numbers = [130, 70, 5, 200, 75, 125];
        var chosen = new List<int>();

        Assert.Equal(200, new SubsetSum(200).Take(numbers, 200, chosen));
        Assert.Equal([0, 0, 5, 200, 75, 125], numbers);
    }

    private static IEnumerable<int> Sums(int[] numbers) => Enumerable.Range(0, 1 << numbers.Length)
        .Select(subset => numbers.Where((_, i) => (subset >> i & 1) == 1).Sum());
}
