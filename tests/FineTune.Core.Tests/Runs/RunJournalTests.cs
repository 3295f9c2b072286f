using System.Text;
using FineTune.Core.Epochs;
using FineTune.Core.Runs;
using FineTune.Testing.Storage;

namespace FineTune.Core.Tests.Runs;

public sealed class RunJournalTests
{
    private static readonly DateTimeOffset Time = new(2025, 2, 3, 4, 5, 6, TimeSpan.Zero);
    private readonly InMemoryBlobStore blobs = new();
    private readonly RunJournal journal;
    private readonly RunPaths paths = new("run-1");

    public RunJournalTests() => journal = new RunJournal(blobs, "run-1");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ReadEventsAsync_NothingWritten_Empty() => Assert.Empty(await journal.ReadEventsAsync(Token));

    [Fact]
    public async Task ReadEventsAsync_RepeatedId_FirstKept()
    {
        await journal.AppendEventsAsync([Event("a", "first\nline"), Event("b", "x")], Token);
        await journal.AppendEventsAsync([Event("a", "again"), Event("c", "y\u2028z")], Token);

        Assert.Equal([Event("a", "first\nline"), Event("b", "x"), Event("c", "y\u2028z")], await journal.ReadEventsAsync(Token));
    }

    [Fact]
    public async Task ReadEventsAsync_TornLastLine_LeftOut()
    {
        await journal.AppendEventsAsync([Event("a", "whole")], Token);
        await blobs.AppendAsync(paths.Events, Encoding.UTF8.GetBytes("{\"id\":\"b\",\"ti"), Token);

        Assert.Equal("a", Assert.Single(await journal.ReadEventsAsync(Token)).Id);
    }

    [Fact]
    public async Task AppendEventsAsync_MoreThanOneAppendHolds_AllRead()
    {
        var events = Enumerable.Range(0, 9).Select(n => Event($"{n}", new string('x', 1 << 20))).ToList();

        await journal.AppendEventsAsync(events, Token);

        Assert.Equal(events, await journal.ReadEventsAsync(Token));
    }

    [Fact]
    public async Task ReadMetricsAsync_StepsDoneAgain_LatestAttemptWinsInStepOrder()
    {
        await journal.AppendMetricsAsync(1, 10, [Step(1, 10.1), Step(2, 10.2)], Token);
        await journal.AppendMetricsAsync(1, 2, [Step(0, 2.0), Step(1, 2.1)], Token);
        await journal.AppendMetricsAsync(1, 2, [Step(0, 2.5)], Token);
        await journal.AppendMetricsAsync(2, 1, [Step(3, 3)], Token);

        Assert.Equal([Step(0, 2.5), Step(1, 10.1), Step(2, 10.2), Step(3, 3)], await journal.ReadMetricsAsync(Token));
    }

    [Fact]
    public async Task AppendMetricsAsync_LossNotANumber_WrittenAsSuch()
    {
        await journal.AppendMetricsAsync(1, 1, [Step(0, double.NaN)], Token);

        Assert.Equal(double.NaN, Assert.Single(await journal.ReadMetricsAsync(Token)).Loss);
    }

    [Fact]
    public async Task ReadHeartbeatAsync_PredecessorStillBeats_LatestAttemptCounts()
    {
        Assert.Null(await journal.ReadHeartbeatAsync(Token));
        await journal.WriteHeartbeatAsync(Beat(1, 10), Token);
        await journal.WriteHeartbeatAsync(Beat(1, 9), Token);

        Assert.Equal(Beat(1, 10), await journal.ReadHeartbeatAsync(Token));
    }

    private static RunEvent Event(string id, string message) => new(id, Time, "CREATED", message);

    private static StepMetrics Step(long step, double loss) => new(step, 1, loss, 1e-3, 0.5, 100, 1000, Time);

    private static Heartbeat Beat(int epoch, int attempt) => new("run-1", epoch, attempt, Time, 5, 10, 1.5, 1000, 60);
}
