using FineTune.Core.Training;
using FineTune.Data.Datasets;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>
/// Joins documents, each between BOS and EOS, to one stream and cuts it into sequences of exactly <paramref name="contextLength"/>
/// tokens, the last ones shorter; every token is trained on. Holds one sequence and one part of a document.
/// </summary>
public sealed class DocumentPacker(Tokenizer tokenizer, int contextLength)
{
    private readonly int eos = ExampleEncoder.RequireEos(tokenizer);
    private readonly List<int> pending = [];
    private readonly List<SequenceOrigin> origins = [];
    private readonly Dictionary<int, int> lineEnds = [];
    private bool isInDocument;

    /// <summary>The sequences that <paramref name="part"/> completes, and where each begins.</summary>
    /// <param name="continues">The part's beginning is the middle of a document whose beginning is packed elsewhere.</param>
    /// <param name="isCut">The part's document goes on elsewhere.</param>
    public IEnumerable<(TokenSequence Sequence, SequenceOrigin Origin)> Add(DocumentPart part, bool continues = false, bool isCut = false)
    {
        var origin = new SequenceOrigin(part.File, part.Line);
        if (!isInDocument && !continues && tokenizer.BosId is { } bos)
        {
            Append(bos, origin);
        }

        foreach (var token in tokenizer.Encode(part.Text, isInDocument || continues ? TextPosition.Continuation : TextPosition.Start))
        {
            Append(token, origin);
            origin = LineEnds(token) is > 0 and var ends ? origin with { Line = origin.Line + ends } : origin;
        }

        isInDocument = !part.EndsDocument;
        if (part.EndsDocument && !isCut)
        {
            Append(eos, origin);
        }

        // A lone token left over could not be trained on, so a sequence waits until two more are there.
        var start = 0;
        for (; pending.Count - start >= contextLength + 2; start += contextLength)
        {
            yield return Sequence(start, contextLength);
        }

        pending.RemoveRange(0, start);
        origins.RemoveRange(0, start);
    }

    /// <summary>What is left at the end. Only a stream of one token gives nothing: none precedes it and none follows.</summary>
    public IEnumerable<(TokenSequence Sequence, SequenceOrigin Origin)> Flush()
    {
        var first = pending.Count > contextLength ? Math.Max(2, contextLength - 1) : pending.Count;
        if (first >= 2)
        {
            yield return Sequence(0, first);
        }

        if (pending.Count - first >= 2)
        {
            yield return Sequence(first, pending.Count - first);
        }

        pending.Clear();
        origins.Clear();
    }

    private void Append(int token, SequenceOrigin origin)
    {
        pending.Add(token);
        origins.Add(origin);
    }

    private int LineEnds(int token)
    {
        if (!lineEnds.TryGetValue(token, out var count))
        {
            lineEnds[token] = count = tokenizer.Decode([token]).Count(c => c == '\n');
        }

        return count;
    }

    private (TokenSequence Sequence, SequenceOrigin Origin) Sequence(int start, int length) =>
        (new([.. pending.GetRange(start, length)], [.. Enumerable.Repeat(true, length)]), origins[start]);
}
