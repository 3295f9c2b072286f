using System.Buffers;

namespace FineTune.Data.Sources;

/// <summary>Lines or text, as they stand in the file.</summary>
internal sealed class PlainStream(Stream inner) : RecordStream(inner)
{
    protected override ValueTask<int> ReadContentAsync(Memory<byte> buffer, CancellationToken cancellationToken) => Inner.ReadAsync(buffer, cancellationToken);

    protected override ValueTask<bool> WriteNextAsync(IBufferWriter<byte> output, CancellationToken cancellationToken) => throw new NotSupportedException();
}
