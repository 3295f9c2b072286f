using System.Security.Cryptography;
using System.Text;
using FineTune.Core.Numerics;
using FineTune.Samples.Grammar;

namespace FineTune.Samples.Sentences;

/// <summary>
/// Random sentences of one side of the split. A hash of the masked sentence decides the side, so no masked sentence is on both.
/// </summary>
public sealed class SentenceSource(SentenceGrammar grammar, bool heldOut, CounterRandom random)
{
    private const int MaxNames = 4;
    private const int MaxWords = 16;
    private const int HeldOutOf256 = 13;

    private readonly Draws draws = new(random);
    private readonly HashSet<string> masks = new(StringComparer.Ordinal);

    /// <summary>Every masked sentence given so far.</summary>
    public IReadOnlySet<string> Masks => masks;

    /// <summary>About one masked sentence in twenty is kept from training.</summary>
    public static bool IsHeldOut(string mask) => SHA256.HashData(Encoding.UTF8.GetBytes(mask))[0] < HeldOutOf256;

    /// <summary>The next sentence that <paramref name="fits"/>.</summary>
    public Skeleton Next(Func<Skeleton, bool> fits)
    {
        while (true)
        {
            var skeleton = grammar.Draw(draws);
            if (skeleton.Slots.Count <= MaxNames && skeleton.Mask.Count(char.IsWhiteSpace) < MaxWords
                && IsHeldOut(skeleton.Mask) == heldOut && fits(skeleton))
            {
                masks.Add(skeleton.Mask);
                return skeleton;
            }
        }
    }
}
