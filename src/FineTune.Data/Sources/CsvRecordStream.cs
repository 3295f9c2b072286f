using System.Buffers;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>
/// Comma-separated values after RFC 4180, below a row that names the columns: every row a JSON object, in the line of the file where the row
/// begins. Rows end with LF, CR LF or CR; blank rows are none. A row is bounded as a line is.
/// </summary>
internal sealed class CsvRecordStream(Stream inner, DatasetOptions options) : RecordStream(inner)
{
    private const int BlockBytes = 1 << 16;

    private static readonly SearchValues<byte> Unquoted = SearchValues.Create(",\"\r\n"u8);
    private static readonly SearchValues<byte> RowEndOrQuote = SearchValues.Create("\"\r\n"u8);

    private readonly byte[] block = new byte[BlockBytes];
    private readonly CsvRow row = new(options.MaximumLineBytes);
    private CsvColumns? columns;
    private int next;
    private int filled;
    private bool isBegun;
    private bool skipsLineFeed;
    private State state = State.FieldStart;
    private long line = 1;
    private long begin = 1;

    private enum State
    {
        FieldStart,
        InField,
        InQuotes,
        QuoteInQuotes,
        Skipped,
    }

    protected override async ValueTask<bool> WriteNextAsync(IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (next == filled)
            {
                (next, filled) = (0, await FillAsync(block, cancellationToken));
                if (filled == 0)
                {
                    return EndFile(output);
                }

                next = !isBegun && block.AsSpan(0, filled).StartsWith("\uFEFF"u8) ? 3 : 0;
                isBegun = true;
                continue;
            }

            var ended = Scan(block.AsSpan(next, filled - next), out var count);
            next += count;
            if (ended)
            {
                EndRow(output);
                return true;
            }
        }
    }

    /// <summary>Reads some of <paramref name="bytes"/>; true when a row ends there.</summary>
    private bool Scan(ReadOnlySpan<byte> bytes, out int count)
    {
        var first = bytes[0];
        count = 1;
        if (skipsLineFeed)
        {
            skipsLineFeed = false;
            count = first == '\n' ? 1 : 0;
            return false;
        }

        switch (state)
        {
            case State.InQuotes:
                var quote = bytes.IndexOf((byte)'"');
                count = quote < 0 ? bytes.Length : quote;
                row.Append(bytes[..count]);
                line += bytes[..count].Count((byte)'\n');
                if (quote >= 0)
                {
                    count++;
                    state = State.QuoteInQuotes;
                }

                return false;
            case State.QuoteInQuotes when first == '"':
                row.Append(bytes[..1]);
                state = State.InQuotes;
                return false;
            case State.FieldStart when first == '"':
                row.BeginQuoted();
                state = State.InQuotes;
                return false;
        }

        if (row.Refusal is not null && state is State.FieldStart or State.InField && bytes.IndexOfAny(RowEndOrQuote) is not 0 and var passed)
        {
            // Of a row that is too long only its end is looked for.
            count = passed < 0 ? bytes.Length : passed;
            state = bytes[count - 1] == ',' ? State.FieldStart : State.InField;
            return false;
        }

        switch (first)
        {
            case (byte)'\r' or (byte)'\n':
                skipsLineFeed = first == '\r';
                return true;
            case (byte)',' when state != State.Skipped:
                row.EndField();
                state = State.FieldStart;
                return false;
            case (byte)'"' when state == State.InField:
                Skip("A quote stands inside a field that doesn't begin with one.");
                return false;
            default:
                if (state == State.QuoteInQuotes)
                {
                    Skip("A field goes on behind its closing quote.");
                }

                var end = bytes.IndexOfAny(Unquoted);
                count = Math.Max(1, end < 0 ? bytes.Length : end);
                if (state != State.Skipped)
                {
                    row.Append(bytes[..count]);
                    state = State.InField;
                }

                return false;
        }
    }

    /// <summary>Where quotes are wrong nobody knows where the fields end: the row ends with its line.</summary>
    private void Skip(string message)
    {
        row.Refuse(ProblemCodes.InvalidCsv, message);
        state = State.Skipped;
    }

    private bool EndFile(IBufferWriter<byte> output)
    {
        if (state == State.InQuotes)
        {
            row.Refuse(ProblemCodes.InvalidCsv, "A quote that opens a field of this row isn't closed: the file ends in it, or was cut off.", isSure: true);
        }

        if (state == State.FieldStart && row.IsEmpty)
        {
            return false;
        }

        EndRow(output);
        return true;
    }

    private void EndRow(IBufferWriter<byte> output)
    {
        row.EndField();
        if (!row.IsBlank)
        {
            if (columns is null)
            {
                columns = CsvColumns.Of(row);
            }
            else if (columns.Write(row, output) is { } refusal)
            {
                Report(refusal with { Line = begin });
            }
        }

        row.Clear();
        state = State.FieldStart;
        line++;
        EndLines(line - begin);
        begin = line;
    }
}
