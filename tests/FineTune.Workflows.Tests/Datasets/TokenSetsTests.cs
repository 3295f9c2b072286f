using System.Runtime.CompilerServices;
using FineTune.Core.Artifacts;
using FineTune.Core.Storage;
using FineTune.Testing.Storage;
using FineTune.Workflows.Datasets;

namespace FineTune.Workflows.Tests.Datasets;

public sealed class TokenSetsTests
{
    private static readonly BlobPath Set = new(Containers.Tokens, "0123");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Claim_AtAnyStepOfAnothersRelease_GivesTokensThatStay() => await AtEveryStepAsync(
        async blobs => await UseAsync(blobs, "old"),
        (blobs, _) => new TokenSets(blobs).ReleaseAsync("old", Cancellation),
        async (blobs, _) => await UseAsync(blobs, "new"));

    [Fact]
    public async Task Release_AtAnyStepOfAnothersClaim_LeavesItsTokens() => await AtEveryStepAsync(
        async blobs => await UseAsync(blobs, "old"),
        async (blobs, _) => await UseAsync(blobs, "new"),
        (blobs, _) => new TokenSets(blobs).ReleaseAsync("old", Cancellation));

    [Fact]
    public async Task Claim_AtAnyStepOfAnothersClaim_IsOfTheSameTokens()
    {
        var shared = 0;
        await AtEveryStepAsync(
            _ => Task.CompletedTask,
            async (blobs, claimed) => claimed.Add(await UseAsync(blobs, "old")),
            async (blobs, claimed) => claimed.Add(await UseAsync(blobs, "new")),
            claimed => shared += claimed.Distinct().Count() == 1 ? 1 : 0,
            releaseFirst: "old");

        Assert.NotEqual(0, shared);
    }

    [Fact]
    public async Task Claim_AgainAfterItsFolderWentAway_IsOfAnotherFolder()
    {
        var blobs = new InMemoryBlobStore();
        var sets = new TokenSets(blobs);
        var first = await UseAsync(blobs, "run");
        await sets.ReleaseAsync("run", Cancellation);

        var second = await UseAsync(blobs, "run");

        Assert.NotEqual(first, second);
        Assert.Equal(second, await UseAsync(blobs, "run"));
        await sets.ReleaseAsync("run", Cancellation);
        Assert.Empty(await TokensAsync(blobs));
    }

    /// <summary>
    /// Does <paramref name="inner"/> as a whole before the first step of <paramref name="outer"/>, in a new store before the second, and so on. Whatever run "new" has
    /// claimed must be whole then, and nothing may stay when all runs are deleted.
    /// </summary>
    private static async Task AtEveryStepAsync(
        Func<IBlobStore, Task> prepare,
        Func<IBlobStore, List<BlobPath>, Task> outer,
        Func<IBlobStore, List<BlobPath>, Task> inner,
        Action<List<BlobPath>>? check = null,
        string? releaseFirst = null)
    {
        for (var step = 0; ; step++)
        {
            var blobs = new InMemoryBlobStore();
            var claimed = new List<BlobPath>();
            await prepare(blobs);
            var interrupted = new InterruptedBlobStore(blobs, step, () => inner(blobs, claimed));
            await outer(interrupted, claimed);
            if (interrupted.Steps <= step)
            {
                Assert.InRange(step, 5, 50);
                return;
            }

            check?.Invoke(claimed);
            if (releaseFirst is not null)
            {
                await new TokenSets(blobs).ReleaseAsync(releaseFirst, Cancellation);
            }

            await RequireWholeAsync(blobs, "new", step);
            await new TokenSets(blobs).ReleaseAsync("new", Cancellation);
            Assert.Empty(await TokensAsync(blobs));
        }
    }

    /// <summary>Claims, and tokenizes unless that was done.</summary>
    private static async Task<BlobPath> UseAsync(IBlobStore blobs, string run)
    {
        var folder = await new TokenSets(blobs).ClaimAsync(run, Set, Cancellation);
        if (await blobs.FindAsync(folder / Manifest.FileName, Cancellation) is null)
        {
            await blobs.WriteJsonAsync(folder / "block-000000.bin", "tokens", Cancellation);
            await blobs.WriteJsonAsync(folder / Manifest.FileName, "sealed", Cancellation);
        }

        return folder;
    }

    private static async Task RequireWholeAsync(IBlobStore blobs, string run, int step)
    {
        var names = (await TokensAsync(blobs)).Where(name => !name.EndsWith("current.json", StringComparison.Ordinal)).ToLookup(name => name[..name.IndexOf('/', Set.Name.Length + 1)]);
        var claimed = names.Where(folder => folder.Any(name => name.EndsWith("runs/" + run, StringComparison.Ordinal))).ToList();
        Assert.True(claimed.Count == 1, $"At step {step} {claimed.Count} folders are claimed.");
        Assert.Contains(claimed[0].Key + "/" + Manifest.FileName, claimed[0]);
        Assert.Contains(claimed[0].Key + "/block-000000.bin", claimed[0]);
    }

    private static async Task<List<string>> TokensAsync(IBlobStore blobs) =>
        await blobs.ListAsync(Containers.Tokens, "", Cancellation).Select(blob => blob.Path.Name).ToListAsync(Cancellation);

    /// <summary>Something else happens before one of the steps.</summary>
    private sealed class InterruptedBlobStore(IBlobStore blobs, int step, Func<Task> interrupt) : IBlobStore
    {
        public int Steps { get; private set; }

        public async Task<BlobInfo?> FindAsync(BlobPath path, CancellationToken cancellationToken = default) =>
            await StepAsync(() => blobs.FindAsync(path, cancellationToken));

        public Task<Stream> OpenReadAsync(BlobPath path, CancellationToken cancellationToken = default) =>
            StepAsync(() => blobs.OpenReadAsync(path, cancellationToken));

        public Task<BlobInfo> WriteAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default) =>
            StepAsync(() => blobs.WriteAsync(path, content, cancellationToken));

        public Task<bool> TryCreateAsync(BlobPath path, Stream content, CancellationToken cancellationToken = default) =>
            StepAsync(() => blobs.TryCreateAsync(path, content, cancellationToken));

        public Task AppendAsync(BlobPath path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
            blobs.AppendAsync(path, content, cancellationToken);

        public async IAsyncEnumerable<BlobInfo> ListAsync(string container, string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            foreach (var blob in await StepAsync(async () => await blobs.ListAsync(container, prefix, cancellationToken).ToListAsync(cancellationToken)))
            {
                yield return blob;
            }
        }

        public Task<bool> DeleteAsync(BlobPath path, CancellationToken cancellationToken = default) => StepAsync(() => blobs.DeleteAsync(path, cancellationToken));

        public Task CopyAsync(BlobPath source, BlobPath destination, CancellationToken cancellationToken = default) =>
            blobs.CopyAsync(source, destination, cancellationToken);

        private async Task<T> StepAsync<T>(Func<Task<T>> operation)
        {
            if (Steps++ == step)
            {
                await interrupt();
            }

            return await operation();
        }
    }
}
