namespace FineTune.LocalHost.Supervision;

/// <summary>How long to wait before a child that died is started again: doubling from <see cref="First"/> to <see cref="Longest"/>.</summary>
public sealed record RestartPolicy(TimeSpan First, TimeSpan Longest, TimeSpan Stable)
{
    public static RestartPolicy Default { get; } = new(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));

    /// <summary>The wait after <paramref name="deaths"/> deaths in a row (from 1).</summary>
    public TimeSpan DelayAfter(int deaths) => TimeSpan.FromTicks((long)Math.Min(Longest.Ticks, First.Ticks * Math.Pow(2, deaths - 1)));

    /// <summary>Deaths in a row after one more by a child that lived for <paramref name="lived"/>: a long life makes a new beginning.</summary>
    public int Count(int deathsBefore, TimeSpan lived) => lived >= Stable ? 1 : deathsBefore + 1;
}
