using FineTune.Core.Faults;
using FineTune.Core.Generation;
using FineTune.Workflows.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Api.Generation;

/// <summary>The body of <c>POST /api/generate</c>: exactly one of prompt, prompts and messages.</summary>
/// <param name="Model">A base model, <c>catalog.schema.model[/version]</c> or a checkpoint's <c>az://</c> folder.</param>
public sealed record GenerateRequest(
    string Model,
    string? Prompt = null,
    IReadOnlyList<string>? Prompts = null,
    IReadOnlyList<ChatMessage>? Messages = null,
    int MaxTokens = 128,
    double Temperature = 0,
    int TopK = 0,
    double TopP = 1,
    int Seed = 0);

/// <summary><c>/api/generate</c>: asks a model, tuned or not.</summary>
public static class GenerationEndpoints
{
    private const string Phase = "generate";

    public static void MapGeneration(this IEndpointRouteBuilder api) => api.MapPost("/generate", GenerateAsync);

    private static async Task<Ok<GenerateResult>> GenerateAsync(
        GenerateRequest body, ModelLocator locator, ITextGeneration generation, CancellationToken cancellationToken)
    {
        var prompts = body.Prompts ?? (body.Prompt is { } one ? [one] : null);
        if (prompts is null == body.Messages is null)
        {
            throw new FaultException(Fault.Caller(Phase, "prompt_required", "Give prompt, prompts or messages: exactly one of them.", "prompt"));
        }

        if (string.IsNullOrWhiteSpace(body.Model))
        {
            throw new FaultException(Fault.Caller(
                Phase, "model_required", "Give model: a base model, catalog.schema.model[/version] or a checkpoint's az:// folder.", "model"));
        }

        var model = await locator.FindAsync(body.Model, Phase, "model", cancellationToken);
        var sampling = new SamplingOptions(body.MaxTokens, body.Temperature, body.TopK, body.TopP, body.Seed);
        return TypedResults.Ok(await generation.GenerateAsync(new GenerateJob(model, prompts, body.Messages, sampling), cancellationToken));
    }
}
