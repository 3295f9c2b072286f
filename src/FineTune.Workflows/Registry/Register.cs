using FineTune.Core.Epochs;
using FineTune.Core.Faults;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Core.Telemetry;
using FineTune.Workflows.Epochs;

namespace FineTune.Workflows.Registry;

public sealed record RegisterInput(RunSpec Spec, CheckpointRecord Checkpoint, EpochMetrics? Metrics) : ITraced
{
    string? ITraced.TraceParent => Spec.TraceParent;
}

/// <summary>Registers the run's last checkpoint as the next version of its model; repeated, it finds the version it made.</summary>
public sealed class Register(ModelRegistry registry)
{
    public const string Phase = "register";

    public Task<Outcome<RegisteredVersion>> RunAsync(RegisterInput input) => Outcome.CatchAsync(() =>
    {
        var (spec, checkpoint, metrics) = input;
        var figures = new Dictionary<string, double> { ["step"] = checkpoint.Step };
        Add("train_loss", metrics?.TrainLoss);
        Add("eval_loss", metrics?.EvalLoss);
        Add("eval_perplexity", metrics?.EvalPerplexity);
        Add("initial_eval_loss", metrics?.InitialEvalLoss);
        return registry.RegisterAsync(
            spec.RegisterTo, spec.RunId, checkpoint.Checkpoint, new VersionFacts(spec.Model, spec.License.Name, figures));

        void Add(string name, double? value)
        {
            if (value is { } known)
            {
                figures[name] = known;
            }
        }
    });
}
