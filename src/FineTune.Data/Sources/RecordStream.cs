using System.Buffers;
using FineTune.Core.Streams;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>
/// A file's content as lines of JSON: record N is line N, blank where the record can't be read and has a <see cref="RecordProblem"/>. Formats
/// that aren't lines derive from it, so that reading, checking and tokenizing know lines only. Pulled by the reader; memory is bounded by
/// what one call of <see cref="WriteNextAsync"/> writes.
/// </summary>
/// <param name="inner">The file's bytes; disposed with this.</param>
public abstract class RecordStream(Stream inner) : AsyncReadStream
{
    private const int ByteOrderMarkBytes = 3;
    private const int LineEndsAtOnce = 1 << 16;

    private readonly ArrayBufferWriter<byte> output = new();
    private readonly Queue<RecordProblem> problems = new();
    private bool isBegun;
    private int taken;
    private UnreadableFileException? failure;
    private long lineEnds;

    /// <summary>What users call a record of the file: a line, an element, a row. Known after the first read.</summary>
    public virtual string RecordName => "line";

    /// <summary>Why the file can't be read to its end; null before all that could be read of it was.</summary>
    public UnreadableFileException? Failure => taken == output.WrittenCount ? failure : null;

    protected Stream Inner => inner;

    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return failure is null ? await ReadContentAsync(buffer, cancellationToken) : Take(buffer);
        }
        catch (UnreadableFileException unreadable)
        {
            // What was written before stays.
            failure = unreadable;
            return Take(buffer);
        }
    }

    /// <summary>Takes the problems of records up to number <paramref name="last"/>, in order.</summary>
    internal IReadOnlyList<RecordProblem> TakeProblems(long last)
    {
        var found = new List<RecordProblem>();
        while (problems.TryPeek(out var problem) && problem.Line <= last)
        {
            found.Add(problems.Dequeue());
        }

        return found;
    }

    /// <summary>Bytes as <see cref="ReadAsync(Memory{byte}, CancellationToken)"/> gives them, for formats that need no writing.</summary>
    protected virtual async ValueTask<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (taken == output.WrittenCount)
        {
            output.ResetWrittenCount();
            taken = 0;
            if (lineEnds > 0)
            {
                var count = (int)Math.Min(lineEnds, LineEndsAtOnce);
                output.GetSpan(count)[..count].Fill((byte)'\n');
                output.Advance(count);
                lineEnds -= count;
            }
            else if (!await WriteNextAsync(output, cancellationToken) && lineEnds == 0)
            {
                return 0;
            }
        }

        return Take(buffer);
    }

    /// <summary>Writes the next record with its line end, or a part of it; false when there is nothing more to write.</summary>
    /// <exception cref="UnreadableFileException">The file can't be read further.</exception>
    protected abstract ValueTask<bool> WriteNextAsync(IBufferWriter<byte> output, CancellationToken cancellationToken);

    /// <summary>Reads some of the file's bytes, of its beginning at least as many as a byte order mark has.</summary>
    protected async ValueTask<int> FillAsync(Memory<byte> block, CancellationToken cancellationToken)
    {
        var least = isBegun ? 1 : ByteOrderMarkBytes;
        isBegun = true;
        return await inner.ReadAtLeastAsync(block, least, throwOnEndOfStream: false, cancellationToken);
    }

    /// <summary>Ends <paramref name="count"/> lines behind what is written: blank ones count, so records may keep the file's own line numbers.</summary>
    protected void EndLines(long count) => lineEnds += count;

    /// <summary>Says what is wrong with a record, which is then left blank; in the order of the records.</summary>
    protected void Report(RecordProblem problem) => problems.Enqueue(problem);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(Memory<byte> buffer)
    {
        var count = Math.Min(buffer.Length, output.WrittenCount - taken);
        output.WrittenMemory.Slice(taken, count).CopyTo(buffer);
        taken += count;
        return count;
    }
}
