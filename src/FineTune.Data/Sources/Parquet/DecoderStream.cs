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

    private ReadOnlyMemory<byte> content;
    private long position;

    public override bool CanSeek => true;

    public override long Length => Start + content.Length;

    public override long Position
    {
        get => position;
        set => position = value >= 0 ? value : throw new IOException("Before the beginning.");
    }

    public void Show(ReadOnlyMemory<byte> bytes) => (content, position) = (bytes, 0);

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

        var count = (int)Math.Clamp(Length - position, 0, buffer.Length);
        if (count > 0)
        {
            content.Span.Slice((int)position - Start, count).CopyTo(buffer);
            position += count;
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
}
