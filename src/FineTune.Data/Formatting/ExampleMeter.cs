using FineTune.Data.Datasets;
using FineTune.Data.Formatting.Jinja;
using FineTune.Data.Tokenizers;

namespace FineTune.Data.Formatting;

/// <summary>How long an example is, as <see cref="EncodedExample"/> has it.</summary>
/// <param name="Length">Tokens of the whole example, before truncation.</param>
/// <param name="Kept">Tokens that fit the context; 0 when the example is dropped.</param>
/// <param name="Trained">How many of those are trained on.</param>
/// <param name="Refusal">Why the model's chat template refuses it, in words; null when it doesn't.</param>
internal readonly record struct ExampleLength(int Length, int Kept, int Trained, string? Refusal = null);

/// <summary>Counts the tokens of examples without collecting them; dispose it. Not for concurrent use.</summary>
internal sealed class ExampleMeter(ExampleEncoder encoder) : IExampleTokens, IDisposable
{
    private readonly TokenCounter counter = encoder.Tokenizer.StartCounting();
    private int count;
    private int trainedCount;

    /// <summary>How long what <see cref="ExampleEncoder.Encode"/> makes of <paramref name="example"/> is; a text is as long as its document.</summary>
    public ExampleLength Measure(ParsedExample example)
    {
        (count, trainedCount) = (0, 0);
        try
        {
            if (!encoder.TryLay(example, this))
            {
                count = counter.Count(JsonText.ToUtf8(example.Text)) + encoder.DocumentMarks;
                return new ExampleLength(count, count, count);
            }
        }
        catch (JinjaException refused)
        {
            return new ExampleLength(0, 0, 0, ExampleEncoder.Explain(refused));
        }

        return new ExampleLength(count, trainedCount > 0 ? Math.Min(count, encoder.ContextLength) : 0, trainedCount);
    }

    public void Add(int token, bool trained) => Take(1, trained);

    public void Add(ReadOnlySpan<byte> utf8, TextPosition position, bool trained) => Take(counter.Count(utf8, position), trained);

    public void Dispose() => counter.Dispose();

    /// <summary>The first token of a sequence is never trained on: nothing precedes it.</summary>
    private void Take(int more, bool trained)
    {
        if (trained)
        {
            trainedCount += Math.Max(Math.Min(count + more, encoder.ContextLength) - Math.Max(count, 1), 0);
        }

        count += more;
    }
}
