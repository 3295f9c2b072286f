using System.Text;
using FineTune.Core.Storage;
using FineTune.Testing;
using FineTune.Testing.Storage;

namespace FineTune.Storage.Tests;

public sealed class AzureMessageQueueTests(AzuriteFixture azurite) : IAsyncLifetime
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private TestAccount account = null!;
    private IMessageQueue queue = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        account = await azurite.NewAccountAsync(Token);
        queue = account.Queues.Open(Queues.TrainEpoch);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task ReceiveAsync_Empty_Null() => Assert.Null(await queue.ReceiveAsync(Long, Token));

    [Fact]
    public async Task SendAsync_AnyText_ArrivesAndIsHiddenWhileLeased()
    {
        await queue.SendAsync("grüße <&> \u0001", cancellationToken: Token);

        var lease = await queue.ReceiveAsync(Long, Token);

        Assert.Equal("grüße <&> \u0001", lease!.Body);
        Assert.Equal(1, lease.DequeueCount);
        Assert.Null(await queue.ReceiveAsync(Long, Token));
        Assert.Equal(1, await queue.CountAsync(Token));
    }

    [Fact]
    public async Task SendAsync_Body_IsBase64OnTheWireAndNeverExpires()
    {
        await queue.SendAsync("body", cancellationToken: Token);

        var raw = (await account.Clients.Queues.GetQueueClient(Queues.TrainEpoch).PeekMessageAsync(Token)).Value;

        Assert.Equal(Convert.ToBase64String(Encoding.UTF8.GetBytes("body")), raw.MessageText);
        Assert.True(raw.ExpiresOn > DateTimeOffset.UtcNow.AddYears(1));
    }

    [Fact]
    public async Task SendAsync_Delay_NotVisibleYet()
    {
        await queue.SendAsync("later", Long, Token);

        Assert.Null(await queue.ReceiveAsync(Long, Token));
        Assert.Equal(1, await queue.CountAsync(Token));
    }

    [Fact]
    public async Task SendAsync_TooLong_Refused() =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => queue.SendAsync(new string('x', (48 * 1024) + 1), cancellationToken: Token));

    [Fact]
    public async Task SendAsync_LongestBody_Arrives()
    {
        var body = new string('x', 48 * 1024);
        await queue.SendAsync(body, cancellationToken: Token);

        Assert.Equal(body, (await queue.ReceiveAsync(Long, Token))!.Body);
    }

    [Fact]
    public async Task ReceiveAsync_ForeignTextNotBase64_DeliveredAsItIs()
    {
        await account.Clients.Queues.GetQueueClient(Queues.TrainEpoch).SendMessageAsync("{not base64}", Token);

        Assert.Equal("{not base64}", (await queue.ReceiveAsync(Long, Token))!.Body);
    }

    [Fact]
    public async Task CompleteAsync_Held_MessageGone()
    {
        await queue.SendAsync("job", cancellationToken: Token);
        var lease = await queue.ReceiveAsync(Long, Token);

        await lease!.CompleteAsync(Token);

        Assert.Equal(0, await queue.CountAsync(Token));
        await Assert.ThrowsAsync<LeaseLostException>(() => lease.RenewAsync(Long, Token));
    }

    [Fact]
    public async Task RenewAsync_Repeatedly_KeepsBodyAndNewestReceiptCounts()
    {
        await queue.SendAsync("job", cancellationToken: Token);
        var lease = await queue.ReceiveAsync(Long, Token);

        await lease!.RenewAsync(Long, Token);
        await lease.RenewAsync(TimeSpan.Zero, Token);

        var next = await queue.ReceiveAsync(Long, Token);
        Assert.Equal("job", next!.Body);
        Assert.Equal(2, next.DequeueCount);
    }

    [Fact]
    public async Task RenewAsync_FromManyThreads_TakesTurns()
    {
        await queue.SendAsync("job", cancellationToken: Token);
        var lease = await queue.ReceiveAsync(Long, Token);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => lease!.RenewAsync(Long, Token), Token)));
        await lease!.CompleteAsync(Token);

        Assert.Equal(0, await queue.CountAsync(Token));
    }

    [Fact]
    public async Task ReleaseAsync_Held_VisibleAtOnceAndLeaseOver()
    {
        await queue.SendAsync("job", cancellationToken: Token);
        var lease = await queue.ReceiveAsync(Long, Token);

        await lease!.ReleaseAsync(Token);

        Assert.Equal(lease.MessageId, (await queue.ReceiveAsync(Long, Token))!.MessageId);
        await Assert.ThrowsAsync<LeaseLostException>(() => lease.CompleteAsync(Token));
    }

    [Theory]
    [InlineData("renew")]
    [InlineData("complete")]
    [InlineData("release")]
    public async Task Lease_TakenByAnother_IsLost(string operation)
    {
        await queue.SendAsync("job", cancellationToken: Token);
        var first = (await queue.ReceiveAsync(Long, Token))!;
        await first.RenewAsync(TimeSpan.Zero, Token);
        var second = (await queue.ReceiveAsync(Long, Token))!;

        await Assert.ThrowsAsync<LeaseLostException>(() => operation switch
        {
            "renew" => first.RenewAsync(Long, Token),
            "complete" => first.CompleteAsync(Token),
            _ => first.ReleaseAsync(Token),
        });

        await second.CompleteAsync(Token);
    }

    [Fact]
    public async Task ReceiveAsync_LeaseRanOut_DeliveredAgain()
    {
        await queue.SendAsync("job", cancellationToken: Token);
        var first = await queue.ReceiveAsync(TimeSpan.FromSeconds(1), Token);

        var second = await Eventually.AnswersAsync(() => queue.ReceiveAsync(Long, Token), Token);

        Assert.Equal(first!.MessageId, second.MessageId);
        await Assert.ThrowsAsync<LeaseLostException>(() => first.RenewAsync(Long, Token));
    }
}
