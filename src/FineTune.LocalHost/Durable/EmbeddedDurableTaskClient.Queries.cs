using System.Globalization;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Durable;

/// <summary>Many instances at once.</summary>
internal sealed partial class EmbeddedDurableTaskClient
{
    private const int MaxPageSize = 1000;
    private const int PurgePortion = 500;

    /// <remarks>Newest first. A continuation token is the number of the page's last instance, so pages stay whole while others come and go.</remarks>
    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        filter ??= new OrchestrationQuery();
        ArgumentOutOfRangeException.ThrowIfLessThan(filter.PageSize, 1, nameof(filter));
        return new AsyncPageable<OrchestrationMetadata>(filter.ContinuationToken, (token, cancellation) =>
        {
            cancellation.ThrowIfCancellationRequested();
            return Task.FromResult(Page(filter, token));
        });
    }

    public override Task<PurgeResult> PurgeInstanceAsync(string instanceId, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        var purged = store.Purge(instanceId);
        signals.Ended(instanceId);
        return Task.FromResult(new PurgeResult(purged ? 1 : 0));
    }

    /// <remarks>In portions, so that starts and turns are not kept waiting.</remarks>
    public override async Task<PurgeResult> PurgeAllInstancesAsync(PurgeInstancesFilter filter, CancellationToken cancellation = default)
    {
        var count = 0;
        IReadOnlyList<string> purged;
        do
        {
            cancellation.ThrowIfCancellationRequested();
            purged = store.Purge(filter, PurgePortion);
            count += purged.Count;
            foreach (var instanceId in purged)
            {
                signals.Ended(instanceId);
            }

            await Task.Yield();
        }
        while (purged.Count == PurgePortion);

        return new PurgeResult(count);
    }

    private Page<OrchestrationMetadata> Page(OrchestrationQuery filter, string? token)
    {
        var before = long.MaxValue;
        if (!string.IsNullOrEmpty(token) && !long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out before))
        {
            throw new ArgumentException($"'{token}' is not a continuation token of this engine.", nameof(filter));
        }

        // One more than asked for tells whether there is another page.
        var size = Math.Min(filter.PageSize, MaxPageSize);
        var found = store.Query(filter, before, size + 1);
        var shown = found.Take(size).ToList();
        return new Page<OrchestrationMetadata>(
            [.. shown.Select(instance => instance.ToMetadata(filter.FetchInputsAndOutputs))],
            found.Count > size ? shown[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null);
    }
}
