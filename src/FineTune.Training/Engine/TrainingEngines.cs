using FineTune.Core.Faults;
using FineTune.Core.Runs;

namespace FineTune.Training.Engine;

/// <summary>Chooses the engine for this machine.</summary>
public static class TrainingEngines
{
    /// <summary>The fastest one that runs here; their checkpoints are interchangeable.</summary>
    /// <param name="modelDirectory">A Hugging Face folder; a checkpoint is one.</param>
    /// <param name="optimizerDirectory">A checkpoint to go on from; null starts a run at step 0.</param>
    /// <param name="hyperparameters">Of the run; a checkpoint's own are only a record.</param>
    public static ITrainingEngine Open(string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters) =>
        CpuEngine.IsSupported ? CpuEngine.Open(modelDirectory, optimizerDirectory, hyperparameters)
        : hyperparameters is { Precision: TrainingPrecision.Fp32, Optimizer: OptimizerKind.Adamw }
            ? AutogradEngine.Open(modelDirectory, optimizerDirectory, hyperparameters)
        : throw new FaultException(Fault.Caller(
            "load_model",
            "precision_not_supported",
            "This machine's libtorch has no MKL, and without it only precision fp32 with optimizer adamw is supported. Choose these.",
            "hyperparameters"));
}
