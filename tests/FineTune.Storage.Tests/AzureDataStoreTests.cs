using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;
using FineTune.Core.Datasets;
using FineTune.Storage.Data;
using FineTune.Testing.Storage;

namespace FineTune.Storage.Tests;

public sealed class AzureDataStoreTests(AzuriteFixture azurite) : IAsyncLifetime
{
    private TestAccount own = null!;
    private TestAccount other = null!;
    private AzureDataStore store = null!;
    private SasSeal seal = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Other => other.Clients.Blobs.AccountName;

    public async ValueTask InitializeAsync()
    {
        own = await azurite.NewAccountAsync(Token);
        other = await azurite.NewAccountAsync(Token);
        seal = new SasSeal(own.Blobs);

        // The emulator stands for Azure: the account's key for the identity, its address for the host's.
        store = new AzureDataStore(own.Clients.Blobs, seal, (host, sas) =>
            host != $"{Other}.blob.core.windows.net" ? throw new RequestFailedException(403, "not this account")
            : sas is null ? other.Clients.Blobs
            : new BlobServiceClient(other.Clients.Blobs.Uri, new AzureSasCredential(sas)));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("abfss://data-1@{0}.dfs.core.windows.net/a%20b/x.jsonl", "a%20b/x.jsonl")]
    [InlineData("abfs://data-1@{0}.dfs.core.windows.net/a/x.jsonl", "a/x.jsonl")]
    [InlineData("https://{0}.blob.core.windows.net/data-1/a%20b/x.jsonl", "a b/x.jsonl")]
    [InlineData("https://{0}.dfs.core.windows.net/data-1/a/", "a/")]
    [InlineData("https://{0}.blob.core.windows.net/data-1", "")]
    public async Task Resolve_EveryForm_IsOne(string form, string name)
    {
        Assert.Equal($"abfss://data-1@{Other}.dfs.core.windows.net/{name}", await store.ResolveAsync(Form(form, Other), Token));
        Assert.Equal($"az://data-1/{name}", await store.ResolveAsync(Form(form, own.Clients.Blobs.AccountName), Token));
    }

    [Theory]
    [InlineData("https://account.blob.core.windows.net.evil.example/data/x")]
    [InlineData("https://evil.example/account.blob.core.windows.net/data/x")]
    [InlineData("https://user@account.blob.core.windows.net/data/x")]
    [InlineData("http://account.blob.core.windows.net/data/x")]
    [InlineData("abfss://data@account.dfs.core.windows.net@evil.example/x")]
    [InlineData("abfss://data@evil.example/x.dfs.core.windows.net/x")]
    [InlineData("https://account.queue.core.windows.net/data/x")]
    [InlineData("az://data/x")]
    public void Handles_AnyOtherHost_No(string location) => Assert.False(store.Handles(location));

    [Theory]
    [InlineData("https://account.blob.core.windows.net/data/a/%2e%2e/x.jsonl")]
    [InlineData("https://account.blob.core.windows.net/data/x.jsonl?snapshot=2020")]
    [InlineData("https://account.blob.core.windows.net/data/x?.jsonl")]
    [InlineData("https://account.blob.core.windows.net/data/%00.jsonl")]
    public async Task Resolve_WhatIsNoAddress_Refused(string location) =>
        Assert.Equal("data_path_invalid", (await Assert.ThrowsAsync<DataAccessException>(() => store.ResolveAsync(location, Token))).Code);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_OtherAccount_ByIdentityAndBySas(bool bySas)
    {
        await AddAsync("data/a/1.jsonl", "one");
        await AddAsync("data/a/b/2.jsonl", "second");
        await AddAsync("data/ab/3.jsonl", "third");
        await other.Clients.Blobs.GetBlobContainerClient("data").GetBlobClient("a/b").UploadAsync(
            BinaryData.FromString(""), new BlobUploadOptions { Metadata = new Dictionary<string, string> { ["hdi_isfolder"] = "true" } }, Token);
        var sas = bySas ? "?" + Sas(BlobContainerSasPermissions.Read | BlobContainerSasPermissions.List) : "";
        var folder = await store.ResolveAsync($"https://{Other}.blob.core.windows.net/data/a{sas}", Token);

        var files = await store.ListAsync(folder, Token).ToListAsync(Token);
        var file = await store.FindAsync(folder + "/b/2.jsonl", Token);

        Assert.Equal(["a/1.jsonl", "a/b/2.jsonl"], files.Select(found => found.Name));
        Assert.Equal(files[1], file);
        Assert.Equal(folder + "/b/2.jsonl", file!.Location);
        Assert.Equal("cond", await ReadAsync(file, 2));
        Assert.Equal("", await ReadAsync(file, 6));
        Assert.Null(await store.FindAsync(folder, Token));
        Assert.Null(await store.FindAsync(folder + "/b", Token));
        Assert.DoesNotContain("sig=", file.Location, StringComparison.Ordinal);
        Assert.Equal($"https://{Other}.blob.core.windows.net/data/a", DataPath.Display(bySas ? folder : $"https://{Other}.blob.core.windows.net/data/a"));
    }

    [Fact]
    public async Task OpenRead_OverwrittenSinceFound_Changed()
    {
        await AddAsync("data/x.jsonl", "old");
        var file = await store.FindAsync($"abfss://data@{Other}.dfs.core.windows.net/x.jsonl", Token);
        await AddAsync("data/x.jsonl", "new");

        Assert.Equal("data_changed", (await Assert.ThrowsAsync<DataAccessException>(() => ReadAsync(file!, 0))).Code);
    }

    [Fact]
    public async Task Read_WithoutPermission_SaysWhatIsMissingAndShowsNoSas()
    {
        await AddAsync("data/x.jsonl", "x");
        var location = await store.ResolveAsync($"https://{Other}.blob.core.windows.net/data?{Sas(BlobContainerSasPermissions.Read)}", Token);

        var bySas = await Assert.ThrowsAsync<DataAccessException>(async () => await store.ListAsync(location, Token).ToListAsync(Token));
        var byIdentity = await Assert.ThrowsAsync<DataAccessException>(() => store.FindAsync("abfss://data@third.dfs.core.windows.net/x.jsonl", Token));

        Assert.Equal(("data_access_denied", "data_access_denied"), (bySas.Code, byIdentity.Code));
        Assert.Contains("read and list", bySas.Message, StringComparison.Ordinal);
        Assert.Contains("Storage Blob Data Reader on the account 'third'", byIdentity.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(location[6..20], bySas.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_NoContainer_SaysSo() => Assert.Equal("data_not_found", (await Assert.ThrowsAsync<DataAccessException>(
        async () => await store.ListAsync($"abfss://nothing@{Other}.dfs.core.windows.net/x", Token).ToListAsync(Token))).Code);

    [Fact]
    public async Task Seal_SameAddress_SameSealForThatHostAlone()
    {
        var first = await seal.SealAsync("sv=1&sig=secret", "a.blob.core.windows.net", Token);

        Assert.Equal(first, await new SasSeal(own.Blobs).SealAsync("sv=1&sig=secret", "a.blob.core.windows.net", Token));
        Assert.Equal("sv=1&sig=secret", await new SasSeal(own.Blobs).OpenAsync(first, "a.blob.core.windows.net", Token));
        foreach (var (forged, host) in ((string, string)[])[(first, "b.blob.core.windows.net"), (first[..^2] + "AA", "a.blob.core.windows.net"), ("AAAA", "a.blob.core.windows.net")])
        {
            Assert.Equal("data_path_invalid", (await Assert.ThrowsAsync<DataAccessException>(() => seal.OpenAsync(forged, host, Token))).Code);
        }
    }

    private static string Form(string form, string account) => form.Replace("{0}", account, StringComparison.Ordinal);

    private string Sas(BlobContainerSasPermissions permissions) => other.Clients.Blobs.GetBlobContainerClient("data")
        .GenerateSasUri(permissions, DateTimeOffset.UtcNow.AddHours(1)).Query.TrimStart('?');

    private async Task<string> ReadAsync(DataFile file, long offset)
    {
        using var reader = new StreamReader(await store.OpenReadAsync(file, offset, Token));
        return await reader.ReadToEndAsync(Token);
    }

    private async Task AddAsync(string path, string text)
    {
        var parts = path.Split('/', 2);
        var container = other.Clients.Blobs.GetBlobContainerClient(parts[0]);
        await container.CreateIfNotExistsAsync(cancellationToken: Token);
        await container.GetBlobClient(parts[1]).UploadAsync(BinaryData.FromString(text), overwrite: true, Token);
    }
}
