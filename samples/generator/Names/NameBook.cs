using FineTune.Core.Numerics;

namespace FineTune.Samples.Names;

/// <summary>
/// The names of the samples. Known names occur in training; recombined ones never do, though each of their words occurs in a known name.
/// Locations are not composed, so both have the same.
/// </summary>
public sealed class NameBook
{
    private const int KnownPeople = 4000;
    private const int RecombinedPeople = 400;

    private NameBook(Dictionary<EntityType, string[]> known, Dictionary<EntityType, string[]> recombined) =>
        (Known, Recombined) = (known, recombined);

    public IReadOnlyDictionary<EntityType, string[]> Known { get; }

    public IReadOnlyDictionary<EntityType, string[]> Recombined { get; }

    public static NameBook Create(CounterRandom random)
    {
        var people = Combine(Lists.Words("first-names.txt"), Lists.Words("surnames.txt"), " ");
        var heads = Lists.Words("organization-words.txt", "head");
        var forms = Lists.Words("organization-words.txt", "form");
        var trades = Combine(Lists.Words("organization-words.txt", "trade"), Lists.Words("organization-words.txt", "trade-form"), " ");
        var locations = Lists.Lines("locations.txt");

        (string[] Known, string[] Recombined)[] organizations =
        [
            Split(Combine(heads, forms, " "), 250, 80, random.Stream(1)),
            Split(Combine(heads, trades, " "), 100, 30, random.Stream(2)),
            Split([.. Combine(heads, heads, " & ").Where(IsPair)], 100, 30, random.Stream(3)),
        ];
        var (knownPeople, newPeople) = Split(people, KnownPeople, RecombinedPeople, random.Stream(4));
        return new NameBook(
            Book(knownPeople, [.. organizations.SelectMany(kind => kind.Known)], locations),
            Book(newPeople, [.. organizations.SelectMany(kind => kind.Recombined)], locations));
    }

    private static Dictionary<EntityType, string[]> Book(string[] people, string[] organizations, string[] locations) => new()
    {
        [EntityType.Person] = people,
        [EntityType.Organization] = organizations,
        [EntityType.Location] = locations,
    };

    private static string[] Combine(string[] first, string[] second, string separator) =>
        [.. first.SelectMany(_ => second, (left, right) => $"{left}{separator}{right}")];

    private static bool IsPair(string name) => name.Split(" & ") is [var left, var right] && left != right;

    /// <summary>Two disjoint random choices of <paramref name="names"/>; the words of the second all occur in the first.</summary>
    private static (string[] Known, string[] Recombined) Split(string[] names, int known, int recombined, CounterRandom random)
    {
        var shuffled = random.Permutation(names.Length).Select(index => names[index]).ToArray();
        var words = shuffled[..known].SelectMany(name => name.Split(' ')).ToHashSet(StringComparer.Ordinal);
        return (shuffled[..known], [.. shuffled[known..].Where(name => name.Split(' ').All(words.Contains)).Take(recombined)]);
    }
}
