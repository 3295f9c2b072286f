namespace FineTune.Cli.Tests.Support;

/// <summary>A clock that only a test moves.</summary>
public sealed class ManualClock : TimeProvider
{
    private long now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => now;

    public void Advance(TimeSpan time) => now += time.Ticks;
}
