using FineTune.Core.Streams;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// What the library reads of a file: first the footer, then one page after the other. It reads nothing else, so it can't be led astray, and
/// the end is an error for it rather than an endless row of bytes.
/// </summary>
internal sealed class DecoderStream : ReadOnlyStream
{
    /// <summary>Where <see cref="Show"/>n bytes begin; the library takes 0 for no offset.</summary>
    public const int Start = 4;

    private ReadOnlyMemory<byte> first;
    private ReadOnlyMemory<byte> second;
    private long position;

    public override bool CanSeek => true;

    public override long Length => Start + first.Length + second.Length;

    public override long Position
    {
        get => position;
        set => position = value >= 0 ? value : throw new IOException("Before the beginning.");
    }

    /// <summary>From now on there are <paramref name="bytes"/> and, behind them, <paramref name="more"/>.</summary>
    public void Show(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> more = default) => (first, second, position) = (bytes, more, 0);

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 1 ? one[0] : throw new EndOfStreamException();
    }

    public override int Read(Span<byte> buffer)
    {
        if (position < Start)
        {
            var head = "PAR1"u8[(int)position..];
            var taken = Math.Min(head.Length, buffer.Length);
            head[..taken].CopyTo(buffer);
            position += taken;
            return taken;
        }

        var at = position - Start;
        var rest = at < first.Length ? first.Span[(int)at..] : second.Span[(int)Math.Min(at - first.Length, second.Length)..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
}
