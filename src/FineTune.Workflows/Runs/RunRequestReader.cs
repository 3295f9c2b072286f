using System.Globalization;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Numerics;
using FineTune.Core.Regions;
using FineTune.Core.Runs;
using FineTune.Workflows.Models;

namespace FineTune.Workflows.Runs;

/// <summary>Reads a request into a <see cref="RunSpec"/>, reporting everything that is wrong with it at once.</summary>
public sealed class RunRequestReader(ModelCatalogue catalogue, WorkflowOptions options, TimeProvider clock)
{
    private const int MaxEvalPrompts = 100;

    /// <summary>The accepted run, or every fault of the request; exactly one is non-empty.</summary>
    public (RunSpec? Spec, IReadOnlyList<Fault> Faults) Read(RunRequest request, string runId)
    {
        var faults = new List<Fault>();
        var name = string.IsNullOrWhiteSpace(request.Name) ? runId : request.Name.Trim();
        var model = ReadModel(request, faults);
        var registerTo = ReadRegisterTo(request, name, faults);
        var duration = ReadDuration(request, faults);
        Require(request.TrainDataPath, "train_data_path", "the path of the training data, e.g. /Volumes/main/demo/train/data.jsonl", faults);
        CheckNumbers(request, faults);
        CheckHyperparameters(request.Hyperparameters ?? new HyperparametersRequest(), faults);
        if (model is not null && request.ContextLength > model.MaxContextLength)
        {
            faults.Add(ResolveModel.ContextTooLong(model.Name, request.ContextLength.Value, model.MaxContextLength));
        }

        if (model is not null && GpuFit.Check(model, options.Placement.GpuProfile, options.MultiGpuQueue) is { } tooLarge)
        {
            faults.Add(tooLarge);
        }

        if (RegionPolicy.Default.CheckResidency(options.Placement) is { } elsewhere)
        {
            faults.Add(elsewhere);
        }

        var license = model is null ? null : ReadLicense(request, model, faults);
        if (faults.Count > 0)
        {
            return (null, faults);
        }

        var spec = new RunSpec(
            runId,
            name,
            model!.Name,
            request.TrainDataPath!.Trim(),
            registerTo!,
            request.TaskType ?? TaskType.ChatCompletion,
            request.EvalDataPath,
            request.EvalPrompts ?? [],
            request.CustomWeightsPath,
            duration,
            request.LearningRate,
            request.ContextLength,
            request.ExperimentPath,
            request.ValidateInputs,
            request.Seed ?? DefaultSeed(runId),
            Today(),
            request.Hyperparameters ?? new HyperparametersRequest(),
            license!,
            GpuFit.NeedsSeveral(model, options.Placement.GpuProfile) ? options.Dispatch with { Queue = options.MultiGpuQueue } : options.Dispatch,
            [.. Warnings(request, model), .. RegionPolicy.Default.Warnings(options.Placement)],
            Residency: RegionPolicy.Default.Residency(options.Placement));
        return (spec, faults);
    }

    private CatalogueModel? ReadModel(RunRequest request, List<Fault> faults)
    {
        if (!Require(request.Model, "model", "a name from GET /api/models", faults))
        {
            return null;
        }

        var resolved = catalogue.Resolve(request.Model!.Trim(), Today());
        if (!resolved.Succeeded)
        {
            faults.Add(resolved.Fault);
        }

        return resolved.Value;
    }

    private DateOnly Today() => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);

    private static RegisteredModelName? ReadRegisterTo(RunRequest request, string name, List<Fault> faults)
    {
        if (Require(request.RegisterTo, "register_to", "catalog.schema or catalog.schema.model_name", faults)
            && !RegisteredModelName.TryParse(request.RegisterTo, name, out var registerTo))
        {
            faults.Add(Invalid(
                "register_to",
                $"register_to must be in the format catalog.schema or catalog.schema.model_name, of letters, digits, _ and -, but got '{request.RegisterTo}'."));
        }
        else
        {
            RegisteredModelName.TryParse(request.RegisterTo, name, out registerTo);
        }

        return registerTo;
    }

    private static TrainingDuration ReadDuration(RunRequest request, List<Fault> faults)
    {
        if (request.TrainingDuration is null)
        {
            return TrainingDuration.Default;
        }

        if (!TrainingDuration.TryParse(request.TrainingDuration, out var duration))
        {
            faults.Add(Invalid(
                "training_duration", $"training_duration must be like 3ep, 100ba or 1000000tok, but got '{request.TrainingDuration}'."));
        }
        else if (duration is { Unit: DurationUnit.Epochs, Amount: > TrainingDuration.MaxEpochs })
        {
            faults.Add(Invalid(
                "training_duration", $"training_duration must be at most {TrainingDuration.MaxEpochs} epochs, but got '{request.TrainingDuration}'."));
        }

        return duration;
    }

    private static void CheckNumbers(RunRequest request, List<Fault> faults)
    {
        Check(request.LearningRate is null or (> 0 and <= 1), "learning_rate", "be above 0 and at most 1", request.LearningRate, faults);
        Check(request.ContextLength is null or >= 8, "context_length", "be at least 8 tokens", request.ContextLength, faults);
        Check(request.Seed is null or >= 0, "seed", "be 0 or more", request.Seed, faults);
        Check(
            request.EvalPrompts is null or { Count: <= MaxEvalPrompts },
            "eval_prompts",
            $"hold at most {MaxEvalPrompts} prompts",
            request.EvalPrompts?.Count,
            faults);
    }

    private static void CheckHyperparameters(HyperparametersRequest given, List<Fault> faults)
    {
        Check(given.BatchSize is null or (>= 1 and <= 4096), "hyperparameters.batch_size", "be from 1 to 4096", given.BatchSize, faults);
        Check(given.MicroBatchSize is null or >= 1, "hyperparameters.micro_batch_size", "be at least 1", given.MicroBatchSize, faults);
        Check(given.WeightDecay is null or (>= 0 and < 1), "hyperparameters.weight_decay", "be in [0, 1)", given.WeightDecay, faults);
        Check(given.Beta1 is null or (>= 0 and < 1), "hyperparameters.beta1", "be in [0, 1)", given.Beta1, faults);
        Check(given.Beta2 is null or (>= 0 and < 1), "hyperparameters.beta2", "be in [0, 1)", given.Beta2, faults);
        Check(given.Epsilon is null or > 0, "hyperparameters.epsilon", "be above 0", given.Epsilon, faults);
        Check(given.WarmupRatio is null or (>= 0 and <= 1), "hyperparameters.warmup_ratio", "be from 0 to 1", given.WarmupRatio, faults);
        Check(given.WarmupSteps is null or >= 0, "hyperparameters.warmup_steps", "be 0 or more", given.WarmupSteps, faults);
        Check(given.MaxGradNorm is null or >= 0, "hyperparameters.max_grad_norm", "be 0 (off) or more", given.MaxGradNorm, faults);
        faults.AddRange((given.Freeze ?? []).Select(FrozenWeights.Check).OfType<Fault>());
    }

    private LicenseRecord? ReadLicense(RunRequest request, CatalogueModel model, List<Fault> faults)
    {
        var license = catalogue.LicenseOf(model);
        var acceptedBy = !model.LicenseAcceptanceRequired ? "not_required"
            : request.AcceptLicense ? "request"
            : options.AcceptedLicenses.Any(accepted => accepted == "*"
                || accepted.Equals(model.Name, StringComparison.OrdinalIgnoreCase)
                || accepted.Equals(license.Name, StringComparison.OrdinalIgnoreCase)) ? "configuration"
            : null;
        if (acceptedBy is null)
        {
            var policy = license.AcceptableUsePolicy is { } url ? $" and its acceptable use policy ({url})" : "";
            faults.Add(Fault.Caller(
                ResolveModel.Phase,
                "license_not_accepted",
                $"'{model.Name}' is under the {license.Name} ({license.Link}){policy}. Read it and send \"accept_license\": true, "
                    + "or have the operator add the model to FINETUNE_ACCEPTED_LICENSES.",
                "accept_license"));
            return null;
        }

        return new LicenseRecord(license.Name, license.Link, license.AcceptableUsePolicy, acceptedBy);
    }

    private static List<string> Warnings(RunRequest request, CatalogueModel model)
    {
        var warnings = new List<string>();
        if (model.Status == ModelStatus.ToBeRetired)
        {
            warnings.Add($"Model '{model.Name}' is to be retired. Plan to move to '{model.Replacement}'.");
        }

        if (model.Parameters is { } parameters
            && LearningRateGuidance.Warn(request.LearningRate, parameters, request.Hyperparameters?.Optimizer ?? OptimizerKind.Adamw) is { } unusual)
        {
            warnings.Add(unusual);
        }

        if (request.DataPrepClusterId is not null)
        {
            warnings.Add("data_prep_cluster_id is ignored: data is prepared by the service itself, no cluster is needed.");
        }

        return warnings;
    }

    private static bool Require(string? value, string field, string what, List<Fault> faults)
    {
        if (!string.IsNullOrWhiteSpace(value))
        {
            return true;
        }

        faults.Add(Fault.Caller("create", "field_required", $"{field} is required: {what}.", field));
        return false;
    }

    private static void Check(bool valid, string field, string rule, IFormattable? value, List<Fault> faults)
    {
        if (!valid)
        {
            faults.Add(Invalid(field, $"{field} must {rule}, but is {value?.ToString(null, CultureInfo.InvariantCulture)}."));
        }
    }

    private static Fault Invalid(string field, string message) => Fault.Caller("create", "field_invalid", message, field);

    /// <summary>Chosen when the caller gives none, and recorded; a function of the id so that a repeated request gets the same.</summary>
    private static int DefaultSeed(string runId)
    {
        var hash = runId.Aggregate(14695981039346656037UL, (sum, letter) => (sum ^ letter) * 1099511628211UL);
        return (int)new CounterRandom(hash).Below(0, int.MaxValue);
    }
}
