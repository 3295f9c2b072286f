using FineTune.Core.Faults;
using FineTune.Core.Runs;

namespace FineTune.Training.Engine;

/// <summary>Chooses the engine for a device.</summary>
public static class TrainingEngines
{
    /// <summary>The fastest one for the device; their checkpoints are interchangeable, also between devices.</summary>
    /// <param name="modelDirectory">A Hugging Face folder; a checkpoint is one.</param>
    /// <param name="optimizerDirectory">A checkpoint to go on from; null starts a run at step 0.</param>
    /// <param name="hyperparameters">Of the run; a checkpoint's own are only a record.</param>
    /// <param name="device">The processor unless given.</param>
    /// <exception cref="FaultException"><c>device_not_available</c>, <c>precision_not_supported</c>, or what opening a model refuses.</exception>
    public static ITrainingEngine Open(string modelDirectory, string? optimizerDirectory, Hyperparameters hyperparameters, DeviceChoice? device = null)
    {
        if (device is { Devices.Count: > 0 })
        {
            device.Check();
            return TorchEngine.Open(modelDirectory, optimizerDirectory, hyperparameters, device.Devices);
        }

        return CpuEngine.IsSupported ? CpuEngine.Open(modelDirectory, optimizerDirectory, hyperparameters)
            : hyperparameters is { Precision: TrainingPrecision.Fp32, Optimizer: OptimizerKind.Adamw }
                ? AutogradEngine.Open(modelDirectory, optimizerDirectory, hyperparameters)
            : throw new FaultException(Fault.Caller(
                "load_model",
                "precision_not_supported",
                "This machine's libtorch has no MKL, and without it only precision fp32 with optimizer adamw is supported. Choose these.",
                "hyperparameters"));
    }
}
