using FineTune.Core.Estimates;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;

namespace FineTune.Data.Validation;

public sealed record ValidationOptions
{
    public static ValidationOptions Default { get; } = new();

    public DatasetOptions Reading { get; init; } = DatasetOptions.Default;

    /// <summary>Problems of one code that are listed; all are counted.</summary>
    public int DetailsPerCode { get; init; } = 1000;

    /// <summary>Fewer examples are warned of; OpenAI refuses them.</summary>
    public int FewExamples { get; init; } = 10;

    /// <summary>Counts tokens as the run will have them; null: structure only, and tokens are estimated from the size.</summary>
    public ExampleEncoder? Encoder { get; init; }

    /// <summary>What the run starts from; null: no estimate of memory, time and cost.</summary>
    public CatalogueModel? Model { get; init; }

    /// <summary>In tokens; of the encoder where there is one.</summary>
    public int? ContextLength { get; init; }

    public TrainingDuration TrainingDuration { get; init; } = TrainingDuration.Default;

    public int BatchSize { get; init; } = 8;

    /// <summary>That memory and time are estimated for, with <see cref="BatchSize"/>.</summary>
    public HyperparametersRequest Hyperparameters { get; init; } = new();

    /// <summary>What time and cost are estimated for.</summary>
    public IReadOnlyList<GpuPrice> Gpus { get; init; } = GpuPrice.Default;

    /// <summary>Share of examples that may lose their end to the context; more is an error.</summary>
    public double MaximumTruncatedShare { get; init; } = 0.5;

    /// <summary>Share of examples of which nothing is trained on; more is an error.</summary>
    public double MaximumDroppedShare { get; init; } = 0.1;

    /// <summary>More tokens an epoch are an error.</summary>
    public long MaximumTokens { get; init; } = 10_000_000_000;

    /// <summary>Larger files are warned of: OpenAI takes 512 MB.</summary>
    public long LargeFileBytes { get; init; } = 512L << 20;

    /// <summary>The same for CONTINUED_PRETRAIN, where files above 1 GB take longer.</summary>
    public long LargeTextFileBytes { get; init; } = 1L << 30;

    /// <summary>Blocks read at the same time.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Examples whose hashes are held in memory (16 bytes each); more are sorted on disk.</summary>
    public int HashesInMemory { get; init; } = 2 << 20;

    /// <summary>Where those go.</summary>
    public string WorkDirectory { get; init; } = Path.GetTempPath();
}
