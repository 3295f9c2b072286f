using FineTune.Core.Training;

namespace FineTune.Data.Formatting;

/// <summary>Token ids under construction, each with whether it is trained on.</summary>
internal sealed class MaskedTokens
{
    private readonly List<int> tokens = [];
    private readonly List<bool> mask = [];

    public int Count => tokens.Count;

    public int[] Tokens => [.. tokens];

    public void Add(int token, bool trained)
    {
        tokens.Add(token);
        mask.Add(trained);
    }

    public void Add(int[] ids, bool trained)
    {
        tokens.AddRange(ids);
        mask.AddRange(Enumerable.Repeat(trained, ids.Length));
    }

    /// <summary>The first <paramref name="maximum"/> tokens.</summary>
    public TokenSequence ToSequence(int maximum) => new([.. tokens.Take(maximum)], [.. mask.Take(maximum)]);
}
