using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

public sealed record ValidationOptions
{
    public static ValidationOptions Default { get; } = new();

    public DatasetOptions Reading { get; init; } = DatasetOptions.Default;

    /// <summary>Problems of one code that are listed; all are counted.</summary>
    public int DetailsPerCode { get; init; } = 1000;

    /// <summary>Fewer examples are warned of; OpenAI refuses them.</summary>
    public int FewExamples { get; init; } = 10;
}
