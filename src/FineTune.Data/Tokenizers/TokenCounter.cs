using FineTune.Data.Tokenizers.Merging;
using FineTune.Data.Tokenizers.Pieces;

namespace FineTune.Data.Tokenizers;

/// <summary>Counts the tokens that a <see cref="Tokenizer"/> would make of texts, without collecting them. Not for concurrent use.</summary>
internal sealed class TokenCounter(
    BpeModel model, IPieceScanner scanner, SpaceRule? spaces, BpeWorkspace workspace, Action<BpeWorkspace> giveBack) : IDisposable
{
    /// <param name="utf8">Valid UTF-8.</param>
    public int Count(ReadOnlySpan<byte> utf8, TextPosition position = TextPosition.Start)
    {
        if (utf8.IsEmpty)
        {
            return 0;
        }

        var text = spaces is null ? utf8 : spaces.Apply(utf8, position, ref workspace.Text);
        var pieces = scanner.Open(text);
        var count = 0;
        for (var start = 0; start < text.Length;)
        {
            var end = pieces.Next(text, start);
            count += model.Count(text, start, end, workspace);
            start = end;
        }

        return count;
    }

    public void Dispose() => giveBack(workspace);
}
