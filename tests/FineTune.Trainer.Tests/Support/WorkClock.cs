namespace FineTune.Trainer.Tests.Support;

/// <summary>
/// A training's clock: time passes where a test says so, and <paramref name="perLook"/> whenever training asks for the date, which it does
/// twice a step.
/// </summary>
internal sealed class WorkClock(TimeSpan perLook) : TimeProvider
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private TimeSpan now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(TimeSpan time) => now += time;

    public override DateTimeOffset GetUtcNow() => Begin + (now += perLook);

    public override long GetTimestamp() => now.Ticks;
}
