namespace FineTune.Core.Training;

/// <summary>A training example as token ids.</summary>
/// <param name="Tokens">Ids, length n ≥ 2.</param>
/// <param name="Trained">Length n; true where the model is trained to predict <c>Tokens[i]</c> from the tokens before it.</param>
public sealed record TokenSequence(int[] Tokens, bool[] Trained)
{
    public int Length => Tokens.Length;

    /// <summary>How many tokens carry loss; the first never does, nothing precedes it.</summary>
    public int TrainedCount => Trained.AsSpan(Math.Min(1, Trained.Length)).Count(true);
}

/// <summary>Sequences padded on the right to a common length.</summary>
/// <param name="Inputs">Row-major [Rows, Length]: tokens 0 … n-2 of each sequence, then padding.</param>
/// <param name="Labels">Row-major [Rows, Length]: the token that follows each input, or <see cref="Ignored"/> where no loss is taken.</param>
public sealed record MicroBatch(int Rows, int Length, int[] Inputs, int[] Labels)
{
    /// <summary>The label of positions without loss.</summary>
    public const int Ignored = -100;

    public int TrainedCount => Labels.Count(label => label != Ignored);

    /// <summary>Pads <paramref name="sequences"/> to the longest of them, rounded up to a multiple of <paramref name="multiple"/>.</summary>
    public static MicroBatch Pad(IReadOnlyList<TokenSequence> sequences, int multiple = 8)
    {
        var longest = sequences.Max(sequence => sequence.Length) - 1;
        var length = (longest + multiple - 1) / multiple * multiple;
        var inputs = new int[sequences.Count * length];
        var labels = new int[sequences.Count * length];
        Array.Fill(labels, Ignored);
        for (var row = 0; row < sequences.Count; row++)
        {
            var (tokens, trained) = sequences[row];
            for (var i = 0; i + 1 < tokens.Length; i++)
            {
                inputs[(row * length) + i] = tokens[i];
                labels[(row * length) + i] = trained[i + 1] ? tokens[i + 1] : Ignored;
            }
        }

        return new MicroBatch(sequences.Count, length, inputs, labels);
    }
}
