namespace FineTune.Workflows.Durable;

/// <summary>Results that come in pages; the members used of <c>Microsoft.DurableTask.AsyncPageable</c>. Enumerated, it reads page after page.</summary>
/// <param name="continuationToken">Where to begin; null for the beginning.</param>
/// <param name="fetch">Reads the page at a continuation token.</param>
public sealed class AsyncPageable<T>(string? continuationToken, Func<string?, CancellationToken, Task<Page<T>>> fetch) : IAsyncEnumerable<T>
{
    public async IAsyncEnumerable<Page<T>> AsPages(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var token = continuationToken;
        do
        {
            var page = await fetch(token, cancellation);
            yield return page;
            token = page.ContinuationToken;
        }
        while (token is not null);
    }

    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        await foreach (var page in AsPages(cancellationToken))
        {
            foreach (var value in page.Values)
            {
                yield return value;
            }
        }
    }
}

/// <param name="ContinuationToken">Where the next page begins; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Values, string? ContinuationToken = null);
