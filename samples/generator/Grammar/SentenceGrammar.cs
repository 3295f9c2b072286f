using System.Text.RegularExpressions;
using FineTune.Samples.Sentences;

namespace FineTune.Samples.Grammar;

/// <summary>
/// A weighted context-free grammar without recursion, read from text: one symbol a line, <c>symbol = N*alternative | alternative</c>.
/// In an alternative <c>&lt;symbol&gt;</c> expands and PERSON, ORGANIZATION or LOCATION leaves a slot for a name.
/// </summary>
public sealed partial class SentenceGrammar
{
    private const string Start = "sentence";
    private readonly Dictionary<string, Alternative[]> symbols;

    private SentenceGrammar(Dictionary<string, Alternative[]> symbols) => this.symbols = symbols;

    /// <exception cref="FormatException">A line is not a rule, a symbol is undefined or defined twice.</exception>
    public static SentenceGrammar Parse(string text)
    {
        var symbols = new Dictionary<string, Alternative[]>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#'))
        {
            var sides = line.Split(" = ", 2);
            if (sides.Length != 2 || !symbols.TryAdd(sides[0], [.. sides[1].Split(" | ").Select(ParseAlternative)]))
            {
                throw new FormatException($"grammar: '{line}' is not a rule 'symbol = alternative | …', or its symbol is defined twice");
            }
        }

        var used = symbols.Values.SelectMany(rule => rule).SelectMany(one => one.Parts).Select(part => part.Symbol).OfType<string>();
        return used.Append(Start).FirstOrDefault(symbol => !symbols.ContainsKey(symbol)) is { } undefined
            ? throw new FormatException($"grammar: <{undefined}> is used and not defined")
            : new SentenceGrammar(symbols);
    }

    /// <summary>How many derivations the grammar has, names not counted.</summary>
    public double CountDerivations() => Count(Start);

    /// <summary>A random sentence whose names are still open.</summary>
    public Skeleton Draw(Draws draws)
    {
        var skeleton = new SkeletonBuilder();
        Expand(Start, draws, skeleton);
        return skeleton.Build();
    }

    private static Alternative ParseAlternative(string text)
    {
        var weighted = WeightPattern().Match(text);
        var weight = weighted.Success ? int.Parse(weighted.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 1;
        var parts = PartPattern().Matches(text[weighted.Length..]).Select(match =>
            match.Groups["symbol"].Success ? new Part(Symbol: match.Groups["symbol"].Value)
            : match.Groups["slot"].Success ? new Part(Slot: Enum.Parse<EntityType>(match.Value, ignoreCase: true))
            : new Part(Literal: match.Value));
        return new Alternative(weight, [.. parts]);
    }

    private void Expand(string symbol, Draws draws, SkeletonBuilder skeleton)
    {
        var alternatives = symbols[symbol];
        var ticket = draws.Below(alternatives.Sum(alternative => alternative.Weight));
        var chosen = 0;
        while (ticket >= alternatives[chosen].Weight)
        {
            ticket -= alternatives[chosen++].Weight;
        }

        foreach (var part in alternatives[chosen].Parts)
        {
            if (part.Symbol is { } inner)
            {
                Expand(inner, draws, skeleton);
            }
            else if (part.Slot is { } slot)
            {
                skeleton.Open(slot);
            }
            else
            {
                skeleton.Write(part.Literal!);
            }
        }
    }

    private double Count(string symbol) => symbols[symbol].Sum(alternative =>
        alternative.Parts.Aggregate(1.0, (product, part) => part.Symbol is { } inner ? product * Count(inner) : product));

    [GeneratedRegex(@"^(\d+)\*")]
    private static partial Regex WeightPattern();

    [GeneratedRegex("<(?<symbol>[a-z-]+)>|(?<slot>PERSON|ORGANIZATION|LOCATION)|(?:(?!<|PERSON|ORGANIZATION|LOCATION).)+")]
    private static partial Regex PartPattern();
}
