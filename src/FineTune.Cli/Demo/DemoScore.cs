namespace FineTune.Cli.Demo;

/// <summary>A question and what was answered.</summary>
/// <param name="Base">The base model's answer; null where it was not asked.</param>
public sealed record DemoAnswer(string Prompt, string Expected, string? Base, string Tuned)
{
    public bool BaseIsRight => IsRight(Base);

    public bool TunedIsRight => IsRight(Tuned);

    private bool IsRight(string? answer) => answer?.Trim() == Expected.Trim();
}

/// <summary>Shares of exactly right answers, 0 to 1.</summary>
public sealed record DemoScore(double Base, double Tuned, double Recombined)
{
    public static DemoScore Of(IReadOnlyList<DemoAnswer> heldOut, IReadOnlyList<DemoAnswer> recombined) => new(
        Share(heldOut, answer => answer.BaseIsRight),
        Share(heldOut, answer => answer.TunedIsRight),
        Share(recombined, answer => answer.TunedIsRight));

    public bool Reaches(DemoPlan plan) => Tuned >= plan.TunedTarget && Recombined >= plan.RecombinedTarget;

    private static double Share(IReadOnlyList<DemoAnswer> answers, Func<DemoAnswer, bool> right) =>
        answers.Count == 0 ? 0 : answers.Count(right) / (double)answers.Count;
}
