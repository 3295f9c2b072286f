using System.Text.Json;
using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Core.Storage;

namespace FineTune.Workflows.Models;

/// <param name="Model">Folder in Hugging Face layout from which the run starts.</param>
/// <param name="LearningRate">Peak.</param>
public sealed record ResolvedModel(
    string Name, ArtifactRef Model, int ContextLength, double LearningRate, IReadOnlyList<string> Warnings);

/// <summary>Finds the weights a run starts from: the imported base model, or earlier weights of the same architecture.</summary>
public sealed class ResolveModel(ModelCatalogue catalogue, ModelLocator locator, IBlobStore blobs, TimeProvider clock)
{
    public const string Phase = "resolve_model";
    private const int DefaultContextLength = 8192;

    private static readonly string[] ArchitectureFields =
    [
        "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "intermediate_size", "vocab_size",
    ];

    public Task<Outcome<ResolvedModel>> RunAsync(RunSpec spec) => Outcome.CatchAsync(async () =>
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        var model = catalogue.Resolve(spec.Model, today).Unwrap();
        return (await FindAsync(model, spec.CustomWeightsPath, spec.ContextLength, spec.LearningRate, spec.Hyperparameters)).Unwrap();
    });

    /// <param name="contextLength">Null: the smaller of 8192 and what the model can.</param>
    /// <param name="learningRate">Null: <see cref="LearningRateGuidance"/> for the model's size.</param>
    public Task<Outcome<ResolvedModel>> FindAsync(
        CatalogueModel model,
        string? customWeightsPath,
        int? contextLength,
        double? learningRate,
        HyperparametersRequest? hyperparameters = null) => Outcome.CatchAsync(async () =>
    {
        var start = await locator.FindAsync(model.Name, Phase, "model");
        var config = await ReadConfigAsync(start);
        if (customWeightsPath is { } path)
        {
            var custom = await locator.FindAsync(path, Phase, "custom_weights_path");
            var customConfig = await ReadConfigAsync(custom);
            RequireSameArchitecture(path, model.Name, customConfig, config);
            (start, config) = (custom, customConfig);
        }

        var maximum = Math.Min(model.MaxContextLength, Number(config, "max_position_embeddings") ?? int.MaxValue);
        if (contextLength > maximum)
        {
            throw new FaultException(ContextTooLong(model.Name, contextLength.Value, maximum));
        }

        var shape = ModelShape.TryRead(config);
        if (shape is not null)
        {
            FrozenWeights.Trained(shape, hyperparameters?.Freeze);
        }

        var optimizer = hyperparameters?.Optimizer ?? OptimizerKind.Adamw;
        return new ResolvedModel(
            model.Name,
            start,
            contextLength ?? Math.Min(DefaultContextLength, maximum),
            learningRate ?? (shape is null ? model.DefaultLearningRate : LearningRateGuidance.For(shape.Parameters, optimizer)),
            model.Parameters is null && shape is not null && LearningRateGuidance.Warn(learningRate, shape.Parameters, optimizer) is { } warning ? [warning] : []);
    });

    public static Fault ContextTooLong(string model, int asked, int maximum) => Fault.Caller(
        Phase,
        "context_length_too_long",
        $"context_length {asked} is above the maximum of '{model}', {maximum} tokens. Ask for at most {maximum}.",
        "context_length");

    private async Task<JsonElement> ReadConfigAsync(ArtifactRef model) =>
        (await blobs.ReadJsonAsync<JsonDocument>(model.Folder / "config.json"))?.RootElement
        ?? throw new ArtifactCorruptException(model.Folder, "config.json is missing");

    private static void RequireSameArchitecture(string path, string model, JsonElement custom, JsonElement expected)
    {
        foreach (var field in ArchitectureFields)
        {
            if (Number(custom, field) != Number(expected, field))
            {
                throw new FaultException(Fault.Caller(
                    Phase,
                    "custom_weights_mismatch",
                    $"custom_weights_path '{path}' is not of the architecture of '{model}': {field} is {Number(custom, field)}, "
                        + $"expected {Number(expected, field)}. Name the model these weights were trained from.",
                    "custom_weights_path"));
            }
        }
    }

    private static int? Number(JsonElement config, string field) =>
        config.TryGetProperty(field, out var value) && value.TryGetInt32(out var number) ? number : null;
}
