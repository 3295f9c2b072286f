using FineTune.Core.Training;

namespace FineTune.Data.Tokens;

/// <summary>What a run trains and evaluates on: two directories of shards, or one of which a part is held out.</summary>
public sealed class RunTokens : IDisposable
{
    private readonly TokenShardSource train;
    private readonly TokenShardSource? eval;

    private RunTokens(TokenShardSource train, TokenShardSource? eval, TrainingPlan plan)
    {
        this.train = train;
        this.eval = eval;
        (Train, Eval) = eval is null && plan.HeldOut > 0 ? HoldOut.Split(train, plan.Seed) : (train, eval);
    }

    public ISequenceSource Train { get; }

    /// <summary>Null when there is nothing to evaluate on.</summary>
    public ISequenceSource? Eval { get; }

    /// <exception cref="Core.Faults.FaultException">A shard is missing or damaged (<c>tokens_corrupt</c>).</exception>
    public static RunTokens Open(string trainDirectory, string? evalDirectory, TrainingPlan plan)
    {
        var train = TokenShardSource.Open(trainDirectory);
        try
        {
            return new RunTokens(train, evalDirectory is null ? null : TokenShardSource.Open(evalDirectory), plan);
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        train.Dispose();
        eval?.Dispose();
    }
}
