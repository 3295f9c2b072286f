using FineTune.Core.Training;
using FineTune.Data.Datasets;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>
/// Joins documents, each between BOS and EOS, to one stream and cuts it into sequences of exactly <paramref name="contextLength"/>
/// tokens; every token is trained on. Holds one sequence and one part of a document.
/// </summary>
public sealed class DocumentPacker(Tokenizer tokenizer, int contextLength)
{
    private readonly int eos = ExampleEncoder.RequireEos(tokenizer);
    private readonly List<int> pending = [];
    private bool isInDocument;

    /// <summary>The sequences that <paramref name="part"/> completes.</summary>
    public IEnumerable<TokenSequence> Add(DocumentPart part)
    {
        if (!isInDocument && tokenizer.BosId is { } bos)
        {
            pending.Add(bos);
        }

        pending.AddRange(tokenizer.Encode(part.Text));
        isInDocument = !part.EndsDocument;
        if (part.EndsDocument)
        {
            pending.Add(eos);
        }

        var start = 0;
        for (; pending.Count - start >= contextLength; start += contextLength)
        {
            yield return Sequence(start, contextLength);
        }

        pending.RemoveRange(0, start);
    }

    /// <summary>What is left at the end, or null when it is a lone token, which nothing precedes and nothing follows.</summary>
    public TokenSequence? Flush()
    {
        var rest = pending.Count >= 2 ? Sequence(0, pending.Count) : null;
        pending.Clear();
        return rest;
    }

    private TokenSequence Sequence(int start, int length) =>
        new([.. pending.GetRange(start, length)], [.. Enumerable.Repeat(true, length)]);
}
