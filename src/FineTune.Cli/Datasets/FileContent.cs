using System.Net;

namespace FineTune.Cli.Datasets;

/// <summary>A file as a streamed request body that reports the bytes sent.</summary>
public sealed class FileContent(FileInfo file, Action<long> sent) : HttpContent
{
    private const int BufferBytes = 128 * 1024;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var source = file.OpenRead();
        var buffer = new byte[BufferBytes];
        long total = 0;
        int read;
        while ((read = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            sent(total += read);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = file.Length;
        return true;
    }
}
