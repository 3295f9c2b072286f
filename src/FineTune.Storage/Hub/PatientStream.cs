using FineTune.Core.Streams;

namespace FineTune.Storage.Hub;

/// <summary>The body of an answer, whose sender may pause but not fall silent. Disposes the answer.</summary>
/// <param name="patience">How long a pause may be.</param>
internal sealed class PatientStream(HttpResponseMessage answer, Stream body, TimeSpan patience, TimeProvider clock) : AsyncReadStream
{
    /// <exception cref="HttpIOException">The connection broke, or nothing came for too long.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var silent = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silent.Token);
        try
        {
            return await body.ReadAsync(buffer, either.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpIOException(HttpRequestError.ResponseEnded, $"{answer.RequestMessage?.RequestUri?.Host} sent nothing for {patience}.", late);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            answer.Dispose();
        }

        base.Dispose(disposing);
    }
}
