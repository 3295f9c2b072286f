using System.Buffers;
using System.Runtime.CompilerServices;
using FineTune.Data.Sources;

namespace FineTune.Data.Datasets;

/// <summary>
/// Cuts a stream into blocks of whole lines, in memory bounded by a block or the longest allowed line. A UTF-8 byte order mark at the
/// beginning is skipped. Of a file that can't be read to its end the last line is left out unless it ends.
/// </summary>
internal sealed class LineBlockReader(RecordStream stream, DatasetOptions options, Action<int> advance)
{
    private const int ExcerptBytes = 1024;

    private byte[] buffer = ArrayPool<byte>.Shared.Rent(options.LineBlockBytes);
    private int filled;
    private long line = 1;

    public async IAsyncEnumerable<LineBlock> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var isFirst = true;
        while (await FillAsync(cancellationToken) || filled > 0)
        {
            var start = isFirst && buffer.AsSpan(0, filled).StartsWith("\uFEFF"u8) ? 3 : 0;
            isFirst = false;
            var isWhole = filled < buffer.Length && stream.Failure is null;
            var end = isWhole ? filled : buffer.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            if (end == 0 && stream.Failure is not null)
            {
                filled = 0;
            }
            else if (end > 0)
            {
                yield return Take(start, end);
            }
            else if (filled <= options.MaximumLineBytes)
            {
                Grow();
                isFirst = start > 0;
            }
            else if (await SkipAsync(start, cancellationToken) is { } tooLong)
            {
                yield return tooLong;
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
        buffer = [];
        if (stream.TakeProblems(long.MaxValue) is { Count: > 0 } problems)
        {
            yield return new LineBlock(line, default, 0, []) { RecordName = stream.RecordName, Problems = problems };
        }
    }

    /// <summary>Fills the buffer unless the stream ends; false when there is nothing more.</summary>
    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        var room = buffer.AsMemory(filled);
        var read = room.IsEmpty ? 0 : await stream.ReadAtLeastAsync(room, room.Length, throwOnEndOfStream: false, cancellationToken);
        advance(read);
        filled += read;
        return read > 0;
    }

    /// <summary>The block up to <paramref name="end"/>; what follows begins the next buffer.</summary>
    private LineBlock Take(int start, int end)
    {
        var next = ArrayPool<byte>.Shared.Rent(Math.Max(options.LineBlockBytes, filled - end));
        buffer.AsSpan(end, filled - end).CopyTo(next);
        var first = line;
        line += buffer.AsSpan(start, end - start).Count((byte)'\n');
        var last = buffer[end - 1] == '\n' ? line - 1 : line;
        var block = new LineBlock(first, buffer.AsMemory(start, end - start), 0, buffer) { RecordName = stream.RecordName, Problems = stream.TakeProblems(last) };
        (buffer, filled) = (next, filled - end);
        return block;
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * buffer.Length, Array.MaxLength));
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }

    /// <summary>Reads over a line that is too long, keeping only its beginning; null when nobody knows where it ends.</summary>
    private async Task<LineBlock?> SkipAsync(int start, CancellationToken cancellationToken)
    {
        var beginning = buffer.AsSpan(start, Math.Min(ExcerptBytes, filled - start)).ToArray();
        long length = filled - start;
        var (end, last) = (-1, buffer[filled - 1]);
        for (filled = 0; end < 0 && await FillAsync(cancellationToken);)
        {
            end = buffer.AsSpan(0, filled).IndexOf((byte)'\n');
            var read = end < 0 ? filled : end;
            last = read > 0 ? buffer[read - 1] : last;
            length += read;
            var next = Math.Min(read + 1, filled);
            buffer.AsSpan(next, filled - next).CopyTo(buffer);
            filled -= next;
        }

        // As of other lines, the carriage return before the end isn't counted.
        length -= last == '\r' ? 1 : 0;
        return end < 0 && stream.Failure is not null
            ? null
            : new LineBlock(line, beginning, length, []) { RecordName = stream.RecordName, Problems = stream.TakeProblems(line++) };
    }
}
