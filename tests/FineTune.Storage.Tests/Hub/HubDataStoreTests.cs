using FineTune.Core.Datasets;
using FineTune.Storage.Hub;
using FineTune.Testing.Hub;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace FineTune.Storage.Tests.Hub;

public sealed class HubDataStoreTests : IAsyncLifetime
{
    private const string Token = "hf_secret";
    private StubHub hub = null!;
    private HubDataStore store = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        hub = await StubHub.StartAsync();
        hub.Files["default/train/0000.parquet"] = [.. Enumerable.Range(0, 100_000).Select(value => (byte)value)];
        hub.Files["default/train/0001.parquet"] = [1, 2, 3];
        hub.Files["default/partial-whole/0000.parquet"] = [4];
        store = Open(Token);
    }

    public async ValueTask DisposeAsync()
    {
        store.Dispose();
        await hub.DisposeAsync();
    }

    [Theory]
    [InlineData("hf://datasets/acme/pairs/train")]
    [InlineData("hf://datasets/acme/pairs/default/train/")]
    public async Task List_Split_GivesItsFilesAtTheNewestCommit(string location)
    {
        Assert.True(store.Handles(location));
        Assert.Null(await store.FindAsync(location, Cancellation));

        var files = await store.ListAsync(location, Cancellation).ToListAsync(Cancellation);

        Assert.Equal(
            [
                new DataFile($"hf://datasets/acme/pairs@{StubHub.Commit}/default/train/0000.parquet", "acme/pairs/default/train/0000.parquet", 100_000, "sha-default/train/0000.parquet"),
                new DataFile($"hf://datasets/acme/pairs@{StubHub.Commit}/default/train/0001.parquet", "acme/pairs/default/train/0001.parquet", 3, "sha-default/train/0001.parquet"),
            ],
            files);
    }

    [Fact]
    public async Task List_Pages_AreAllRead()
    {
        hub.Intercept = async (request, context) =>
        {
            if (!request.Target.Contains("/tree/", StringComparison.Ordinal) || !request.Target.Contains("train", StringComparison.Ordinal))
            {
                return false;
            }

            var isFirst = !request.Target.Contains('?', StringComparison.Ordinal);
            context.Response.Headers.Link = isFirst ? $"<https://elsewhere.example{request.Target}?cursor=2>; rel=\"next\"" : "";
            await context.Response.WriteAsync($$"""[{"type": "file", "size": 1, "oid": "1", "path": "default/train/{{(isFirst ? 0 : 1)}}.parquet"}]""");
            return true;
        };

        Assert.Equal(
            ["acme/pairs/default/train/0.parquet", "acme/pairs/default/train/1.parquet"],
            (await store.ListAsync("hf://datasets/acme/pairs/train", Cancellation).ToListAsync(Cancellation)).Select(file => file.Name));
    }

    [Theory]
    [InlineData("hf://datasets/acme/pairs/test", "data_not_found", "there are: partial-whole, train")]
    [InlineData("hf://datasets/acme/pairs/whole", "data_incomplete", "partial-whole")]
    [InlineData("hf://datasets/acme/pairs", "data_path_invalid", "names no split")]
    [InlineData("hf://datasets/acme/other/train", "data_not_found", "Check the name of data set, config and split at http")]
    public async Task List_WhatIsNotThere_NamesWhatIs(string location, string code, string text) => await RefusesAsync(store, location, code, text);

    [Fact]
    public async Task List_SeveralConfigs_AsksForOne()
    {
        hub.Files.Clear();
        hub.Files["en/train/0000.parquet"] = [1];
        hub.Files["de/train/0000.parquet"] = [2];

        await RefusesAsync(store, "hf://datasets/acme/pairs/train", "data_path_invalid", "several configs: de, en");
        Assert.Single(await store.ListAsync("hf://datasets/acme/pairs/de/train", Cancellation).ToListAsync(Cancellation));
    }

    [Theory]
    [InlineData(401, null, false, "data_access_denied", "set HF_TOKEN")]
    [InlineData(401, null, true, "data_access_denied", "doesn't accept the token")]
    [InlineData(403, "GatedRepo", true, "data_access_denied", "Accept the data set's terms")]
    [InlineData(404, "RevisionNotFound", false, "data_not_found", "has no Parquet version")]
    [InlineData(404, "RepoNotFound", false, "data_not_found", "isn't there")]
    public async Task List_Refused_SaysTheCureAndNeverTheToken(int status, string? error, bool hasToken, string code, string text)
    {
        using var asked = Open(hasToken ? Token : null);
        hub.Intercept = (_, context) =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Error-Code"] = error;
            return Task.FromResult(true);
        };

        var refusal = await RefusesAsync(asked, "hf://datasets/acme/pairs/train", code, text);

        Assert.DoesNotContain(Token, refusal.ToString(), StringComparison.Ordinal);
        Assert.Single(hub.Requests);
        Assert.DoesNotContain(Token, new HubOptions { Token = Token }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenRead_Offset_ReadsTheRestFromTheServerItIsSentToWithoutTheToken()
    {
        var file = await FirstAsync();

        await using var stream = await store.OpenReadAsync(file, 99_990, Cancellation);
        var rest = new MemoryStream();
        await stream.CopyToAsync(rest, Cancellation);

        Assert.Equal(hub.Files["default/train/0000.parquet"][99_990..], rest.ToArray());
        Assert.All(hub.Requests.Where(request => request.IsHub), request => Assert.Equal("Bearer " + Token, request.Authorization));
        var kept = Assert.Single(hub.Requests, request => !request.IsHub);
        Assert.Equal((null, "bytes=99990-"), (kept.Authorization, kept.Range));
    }

    [Fact]
    public async Task OpenRead_AnswerThatEndsEarly_GoesOnWhereItWas()
    {
        var file = await FirstAsync();
        hub.Intercept = async (request, context) =>
        {
            if (request.IsHub || request.Range != "bytes=0-")
            {
                return false;
            }

            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = "bytes 0-99999/100000";
            await context.Response.Body.WriteAsync(hub.Files["default/train/0000.parquet"].AsMemory(0, 50_000));
            return true;
        };

        await using var stream = await store.OpenReadAsync(file, 0, Cancellation);
        var all = new MemoryStream();
        await stream.CopyToAsync(all, Cancellation);

        Assert.Equal(hub.Files["default/train/0000.parquet"], all.ToArray());
        Assert.Equal(["bytes=0-", "bytes=50000-"], hub.Requests.Where(request => !request.IsHub).Select(request => request.Range));
    }

    [Fact]
    public async Task OpenRead_AnswerThatFallsSilent_IsAskedForAgainWhereItWas()
    {
        var options = new HubOptions { Endpoint = hub.Endpoint, Token = Token };
        var clock = new FakeTimeProvider();
        using var patient = new HubDataStore(options, clock);
        var content = hub.Files["default/train/0000.parquet"];
        hub.Intercept = async (request, context) =>
        {
            if (request.IsHub || request.Range != "bytes=0-")
            {
                return false;
            }

            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = "bytes 0-99999/100000";
            await context.Response.Body.WriteAsync(content.AsMemory(0, 50_000));
            await context.Response.Body.FlushAsync();
            var gone = new TaskCompletionSource();
            await using var abort = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return true;
        };

        await using var stream = await patient.OpenReadAsync(await FirstAsync(), 0, Cancellation);
        var half = new byte[50_000];
        await stream.ReadExactlyAsync(half, Cancellation);
        var rest = new byte[50_000];
        var reading = stream.ReadExactlyAsync(rest, Cancellation).AsTask();
        Assert.False(reading.IsCompleted);
        clock.Advance(options.SilenceTimeout);
        await reading.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        Assert.Equal(content, half.Concat(rest));
        Assert.Equal(["bytes=0-", "bytes=50000-"], hub.Requests.Where(request => !request.IsHub).Select(request => request.Range));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task List_HubThatCannotAnswerNow_IsAskedAgain(int status)
    {
        var left = 3;
        hub.Intercept = (_, context) =>
        {
            if (left-- <= 0)
            {
                return Task.FromResult(false);
            }

            context.Response.StatusCode = status;
            context.Response.Headers.RetryAfter = left == 2 ? "0" : "";
            context.Response.Headers["RateLimit"] = left == 1 ? "\"api\";r=0;t=0" : "";
            return Task.FromResult(true);
        };

        Assert.Equal(2, (await store.ListAsync("hf://datasets/acme/pairs/train", Cancellation).ToListAsync(Cancellation)).Count);
    }

    [Fact]
    public async Task List_HubThatNeverAnswers_IsGivenUp()
    {
        hub.Intercept = (_, context) =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };

        var failure = await Assert.ThrowsAsync<HttpRequestException>(
            async () => await store.ListAsync("hf://datasets/acme/pairs/train", Cancellation).ToListAsync(Cancellation));

        Assert.Contains("503", failure.Message, StringComparison.Ordinal);
        Assert.Equal(4, hub.Requests.Count);
    }

    private HubDataStore Open(string? token) =>
        new(new HubOptions { Endpoint = hub.Endpoint, Token = token, Attempts = 4, Backoff = TimeSpan.FromMilliseconds(1) }, TimeProvider.System);

    private async Task<DataFile> FirstAsync() => await store.ListAsync("hf://datasets/acme/pairs/train", Cancellation).FirstAsync(Cancellation);

    private static async Task<DataAccessException> RefusesAsync(HubDataStore store, string location, string code, string text)
    {
        var refusal = await Assert.ThrowsAsync<DataAccessException>(async () => await store.ListAsync(location, Cancellation).ToListAsync(Cancellation));
        Assert.Equal(code, refusal.Code);
        Assert.Contains(text, refusal.Message, StringComparison.Ordinal);
        return refusal;
    }
}
