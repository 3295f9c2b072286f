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

    /// <summary>The release begins before some step of the claim, stops before some step of its own, and goes on when the tokens are there.</summary>
    [Fact]
    public async Task Claim_InAnyOrderWithAnothersRelease_GivesTokensThatStay()
    {
        var orders = 0;
        var isBegun = true;
        for (var claimStep = 0; isBegun; claimStep++)
        {
            var isStopped = true;
            for (var releaseStep = 0; isStopped; releaseStep++)
            {
                var blobs = new InMemoryBlobStore();
                await UseAsync(blobs, "old");
                var (stopped, goOn) = (NewSignal(), NewSignal());
                var releasing = new InterruptedBlobStore(blobs, releaseStep, () =>
                {
                    stopped.SetResult();
                    return goOn.Task;
                });
                var release = Task.CompletedTask;
                var claiming = new InterruptedBlobStore(blobs, claimStep, () =>
                {
                    release = new TokenSets(releasing).ReleaseAsync("old", Cancellation);
                    return Task.WhenAny(stopped.Task, release);
                });

                await UseAsync(claiming, "new");
                goOn.SetResult();
                await release;

                (isBegun, isStopped) = (releasing.Steps > 0, stopped.Task.IsCompleted);
                orders++;
                await RequireWholeAsync(blobs, $"release from step {claimStep}, stopped at its step {releaseStep}");
                await new TokenSets(blobs).ReleaseAsync("old", Cancellation);
                await new TokenSets(blobs).ReleaseAsync("new", Cancellation);
                Assert.Empty(await TokensAsync(blobs));
            }
        }

        Assert.InRange(orders, 6 * 8, 1000);
    }

    [Fact]
    public async Task Claim_AtAnyStepOfAnothersClaim_IsOfTheSameTokens()
    {
        var (steps, shared) = (1, 0);
        for (var step = 0; step < steps; step++)
        {
            var blobs = new InMemoryBlobStore();
            BlobPath inner = default;
            var interrupted = new InterruptedBlobStore(blobs, step, async () => inner = await UseAsync(blobs, "new"));

            shared += await UseAsync(interrupted, "old") == inner ? 1 : 0;

            steps = Math.Max(steps, interrupted.Steps);
            await new TokenSets(blobs).ReleaseAsync("old", Cancellation);
            await RequireWholeAsync(blobs, $"claim at step {step}");
            await new TokenSets(blobs).ReleaseAsync("new", Cancellation);
            Assert.Empty(await TokensAsync(blobs));
        }

        Assert.InRange(steps, 6, 50);
        Assert.Equal(steps, shared);
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

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

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

    /// <summary>Run "new" has claimed one folder, and all is in it.</summary>
    private static async Task RequireWholeAsync(IBlobStore blobs, string order)
    {
        var names = await TokensAsync(blobs);
        var claim = Assert.Single(names, name => name.EndsWith("/runs/new", StringComparison.Ordinal));
        foreach (var file in (string[])[Manifest.FileName, "block-000000.bin"])
        {
            Assert.True(names.Contains(claim.Replace("runs/new", file, StringComparison.Ordinal)), $"{file} is gone: {order}.");
        }
    }

    private static async Task<List<string>> TokensAsync(IBlobStore blobs) =>
        await blobs.ListAsync(Containers.Tokens, "", Cancellation).Select(blob => blob.Path.Name).ToListAsync(Cancellation);

    /// <summary>Something else happens before one of the steps.</summary>
    private sealed class InterruptedBlobStore(IBlobStore blobs, int step, Func<Task> interrupt) : IBlobStore
    {
        /// <summary>Done so far.</summary>
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
