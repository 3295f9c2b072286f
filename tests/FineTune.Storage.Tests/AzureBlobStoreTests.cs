using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using FineTune.Core.Storage;
using FineTune.Testing.Storage;

namespace FineTune.Storage.Tests;

public sealed class AzureBlobStoreTests(AzuriteFixture azurite) : IAsyncLifetime
{
    private const int TwoBlocksAndABit = (16 << 20) + 5;
    private static readonly BlobPath Path = new(Containers.Runs, "a/b.txt");
    private TestAccount account = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IBlobStore Blobs => account.Blobs;

    public async ValueTask InitializeAsync() => account = await azurite.NewAccountAsync(Token);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task FindAsync_NoBlob_Null() => Assert.Null(await Blobs.FindAsync(Path, Token));

    [Fact]
    public async Task OpenReadAsync_NoBlob_BlobNotFound()
    {
        var missing = await Assert.ThrowsAsync<BlobNotFoundException>(() => Blobs.OpenReadAsync(Path, Token));
        Assert.Equal(Path, missing.Path);
    }

    [Fact]
    public async Task WriteAsync_NewContent_ReplacesAndChangesETag()
    {
        var first = await Blobs.WriteAsync(Path, Text("one"), Token);
        var second = await Blobs.WriteAsync(Path, Text("three"), Token);

        Assert.Equal("three", await Blobs.ReadTextAsync(Path, Token));
        Assert.Equal(5, second.Length);
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Equal(second, await Blobs.FindAsync(Path, Token));
    }

    [Fact]
    public async Task WriteAsync_EmptyContent_EmptyBlob()
    {
        await Blobs.WriteAsync(Path, Text(""), Token);

        Assert.Equal("", await Blobs.ReadTextAsync(Path, Token));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WriteAsync_SeveralBlocks_ReadsBack(bool seekable)
    {
        var content = Bytes(TwoBlocksAndABit, seed: 1);

        var written = await Blobs.WriteAsync(Path, seekable ? new MemoryStream(content) : new ForwardOnlyStream(content), Token);

        Assert.Equal(content.Length, written.Length);
        Assert.Equal(content, await ReadAsync(Path));
    }

    [Fact]
    public async Task WriteAsync_TwoWritersOfSeveralBlocks_NeverMixes()
    {
        var contents = new[] { Bytes(TwoBlocksAndABit, seed: 1), Bytes(TwoBlocksAndABit, seed: 2) };

        await Task.WhenAll(contents.Select(content => Blobs.WriteAsync(Path, new MemoryStream(content), Token)));

        Assert.Contains(await ReadAsync(Path), contents);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(TwoBlocksAndABit)]
    public async Task WriteAsync_OverAppendBlob_Replaces(int length)
    {
        await Blobs.AppendAsync(Path, "line"u8.ToArray(), Token);

        await Blobs.WriteAsync(Path, new MemoryStream(Bytes(length, seed: 1)), Token);

        Assert.Equal(length, (await Blobs.FindAsync(Path, Token))!.Length);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(TwoBlocksAndABit)]
    public async Task TryCreateAsync_BlobThere_FalseAndUntouched(int length)
    {
        Assert.True(await Blobs.TryCreateAsync(Path, new MemoryStream(Bytes(length, seed: 1)), Token));
        Assert.False(await Blobs.TryCreateAsync(Path, new MemoryStream(Bytes(length, seed: 2)), Token));

        Assert.Equal(Bytes(length, seed: 1), await ReadAsync(Path));
    }

    [Fact]
    public async Task TryCreateAsync_Concurrently_ExactlyOneWins()
    {
        var created = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Blobs.TryCreateAsync(Path, Text($"{n}"), Token)));

        Assert.Single(created, won => won);
    }

    [Fact]
    public async Task AppendAsync_Concurrently_EveryLineOnce()
    {
        var lines = Enumerable.Range(0, 20).Select(n => $"line {n}").ToArray();

        await Task.WhenAll(lines.Select(line => Blobs.AppendAsync(Path, Encoding.UTF8.GetBytes(line + "\n"), Token)));

        var text = await Blobs.ReadTextAsync(Path, Token);
        Assert.Equal(lines.Order(), text!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order());
    }

    [Fact]
    public async Task AppendAsync_AnotherCreatesTheBlobFirst_BothLinesKept()
    {
        var options = new BlobClientOptions();
        options.AddPolicy(new AfterFirstNotFound(() => Blobs.AppendAsync(Path, "theirs "u8.ToArray(), Token)), HttpPipelinePosition.PerCall);
        var late = new AzureBlobStore(new BlobServiceClient(account.ConnectionString, options));

        await late.AppendAsync(Path, "ours"u8.ToArray(), Token);

        Assert.Equal("theirs ours", await Blobs.ReadTextAsync(Path, Token));
    }

    [Fact]
    public async Task AppendAsync_MoreThanABlock_Refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Blobs.AppendAsync(Path, new byte[(4 << 20) + 1], Token));

    [Fact]
    public async Task ListAsync_Prefix_InNameOrderAsFindSays()
    {
        foreach (var name in new[] { "p/2", "p/10", "q/1", "p/1" })
        {
            await Blobs.WriteAsync(new BlobPath(Containers.Runs, name), Text(name), Token);
        }

        var listed = await Blobs.ListAsync(Containers.Runs, "p/", Token).ToListAsync(Token);

        Assert.Equal(["p/1", "p/10", "p/2"], listed.Select(blob => blob.Path.Name));
        Assert.Equal(await Blobs.FindAsync(listed[0].Path, Token), listed[0]);
    }

    [Fact]
    public async Task DeleteAsync_Twice_TrueThenFalse()
    {
        await Blobs.WriteAsync(Path, Text("x"), Token);

        Assert.True(await Blobs.DeleteAsync(Path, Token));
        Assert.False(await Blobs.DeleteAsync(Path, Token));
    }

    [Fact]
    public async Task CopyAsync_OverExisting_SameContent()
    {
        var copy = new BlobPath(Containers.Models, "copy of ü & b.txt");
        await Blobs.WriteAsync(Path, Text("source"), Token);
        await Blobs.WriteAsync(copy, Text("old"), Token);

        await Blobs.CopyAsync(Path, copy, Token);

        Assert.Equal("source", await Blobs.ReadTextAsync(copy, Token));
    }

    [Fact]
    public async Task CopyAsync_NoSource_BlobNotFound() =>
        await Assert.ThrowsAsync<BlobNotFoundException>(() => Blobs.CopyAsync(Path, Path / "copy", Token));

    private static MemoryStream Text(string text) => new(Encoding.UTF8.GetBytes(text));

    private static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<byte[]> ReadAsync(BlobPath path)
    {
        await using var stream = await Blobs.OpenReadAsync(path, Token);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy, Token);
        return copy.ToArray();
    }

    private sealed class ForwardOnlyStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();
    }

    /// <summary>Lets something happen between the first "not found" of the service and the caller's reaction to it.</summary>
    private sealed class AfterFirstNotFound(Func<Task> happening) : HttpPipelinePolicy
    {
        private bool happened;

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (message.Response.Status == 404 && !happened)
            {
                happened = true;
                await happening();
            }
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
