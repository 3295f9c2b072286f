using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Unicode;

namespace FineTune.Data.Datasets;

/// <summary>
/// Reads a text file as one document in parts of bounded size. Parts end after a letter that a space or a mark follows: there every
/// published pre-tokenizer pattern ends a piece, so tokenizing the parts gives the ids of the whole. Text without any such place (which
/// isn't language) is cut after <see cref="ForcedCutBlocks"/> blocks.
/// </summary>
internal sealed class TextDocumentReader(DatasetOptions options, Action<DatasetProblem> report)
{
    private const int ForcedCutBlocks = 4;

    public async IAsyncEnumerable<DocumentPart> ReadAsync(
        Stream stream, string file, Action<int> advance, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bytes = new byte[options.TextBlockBytes + 4];
        var characters = new char[bytes.Length];
        var (carried, line, pending) = (0, 1L, "");
        var (isFirst, isLast, isInDocument) = (true, false, false);
        while (!isLast)
        {
            var read = await stream.ReadAtLeastAsync(
                bytes.AsMemory(carried, options.TextBlockBytes), options.TextBlockBytes, throwOnEndOfStream: false, cancellationToken);
            advance(read);
            isLast = read < options.TextBlockBytes;
            var available = carried + read;
            var skipped = isFirst && bytes.AsSpan(0, available).StartsWith("\uFEFF"u8) ? 3 : 0;
            isFirst = false;
            var status = Utf8.ToUtf16(
                bytes.AsSpan(skipped, available - skipped), characters, out var consumed, out var written, replaceInvalidSequences: false, isLast);
            if (status == OperationStatus.InvalidData)
            {
                var at = line + pending.AsSpan().Count('\n') + characters.AsSpan(0, written).Count('\n');
                new ProblemScope(file, at, report).Error(
                    ProblemCodes.InvalidUtf8, null, JsonLine.InvalidUtf8Message(bytes.AsSpan(0, available)));
                yield break;
            }

            var text = characters.AsSpan(0, written);
            WarnOfMarks(bytes.AsSpan(skipped, consumed), file, line + pending.AsSpan().Count('\n'));

            carried = available - skipped - consumed;
            bytes.AsSpan(skipped + consumed, carried).CopyTo(bytes);
            pending = string.Concat(pending, text);
            var cut = isLast ? pending.Length : FindCut(pending);
            if (cut > 0 || (isLast && isInDocument))
            {
                isInDocument = true;
                yield return new DocumentPart(file, line, pending[..cut], EndsDocument: isLast);
                line += pending.AsSpan(0, cut).Count('\n');
                pending = pending[cut..];
            }
        }
    }

    /// <summary>Looks line by line only where there is something to find.</summary>
    private void WarnOfMarks(ReadOnlySpan<byte> text, string file, long line)
    {
        var found = false;
        TextMarks.Warn(text, FieldPath.Whole, new ProblemScope(file, line, _ => found = true));
        foreach (var range in found ? text.Split((byte)'\n') : default)
        {
            TextMarks.Warn(text[range], FieldPath.Whole, new ProblemScope(file, line++, report));
        }
    }

    private int FindCut(string text)
    {
        for (var i = text.Length - 1; i > 0; i--)
        {
            if (char.IsLetter(text[i - 1]) && EndsWord(text[i]))
            {
                return i;
            }
        }

        var isForced = text.Length >= (long)ForcedCutBlocks * options.TextBlockBytes;
        return !isForced ? 0 : char.IsHighSurrogate(text[^1]) ? text.Length - 1 : text.Length;
    }

    /// <summary>Apostrophes don't: some patterns keep contractions together.</summary>
    private static bool EndsWord(char c) =>
        char.IsWhiteSpace(c) || (c is not ('\'' or '’') && char.GetUnicodeCategory(c) == UnicodeCategory.OtherPunctuation);
}
