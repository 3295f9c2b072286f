using FineTune.Core.Runs;
using FineTune.Core.Telemetry;

namespace FineTune.Trainer.Epochs;

/// <summary>A step's figures as the service's metrics.</summary>
internal static class StepMeasures
{
    public static void Record(StepMetrics step, string runId)
    {
        var run = new KeyValuePair<string, object?>("run", runId);
        Measures.StepTime.Record(step.Tokens / step.TokensPerSecond);
        Measures.TokenRate.Record(step.TokensPerSecond);
        Measures.Loss.Record(step.Loss, run);
        Measures.GradientNorm.Record(step.GradNorm, run);
        Measures.LearningRate.Record(step.LearningRate, run);
        if (step.Mfu is { } mfu)
        {
            Measures.Mfu.Record(mfu);
        }

        if (step.RssBytes is { } resident)
        {
            Measures.ResidentMemory.Record(resident);
        }

        if (step.EngineBytes is { } engine)
        {
            Measures.EngineMemory.Record(engine);
        }

        if (step.LossSpike)
        {
            Measures.LossSpikes.Add(1);
        }
    }
}
