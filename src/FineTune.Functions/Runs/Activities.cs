using System.Text.Json.Nodes;
using FineTune.Core.Json;
using FineTune.Workflows.Durable;
using Microsoft.Azure.Functions.Worker;

namespace FineTune.Functions.Runs;

/// <summary>
/// The registry's activities as functions; the host finds them by these attributes. Input and output are JSON nodes, so that the
/// registry alone decides on types.
/// </summary>
public sealed class Activities(DurableTaskRegistry registry)
{
    [Function("CheckRegion")]
    public Task<JsonNode?> CheckRegion([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("ResolveModel")]
    public Task<JsonNode?> ResolveModel([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("ValidateData")]
    public Task<JsonNode?> ValidateData([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("PlanTokens")]
    public Task<JsonNode?> PlanTokens([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("TokenizeBlock")]
    public Task<JsonNode?> TokenizeBlock([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("SealTokens")]
    public Task<JsonNode?> SealTokens([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("PrepareRestart")]
    public Task<JsonNode?> PrepareRestart([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("EnqueueEpoch")]
    public Task<JsonNode?> EnqueueEpoch([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("ReadEpochProgress")]
    public Task<JsonNode?> ReadEpochProgress([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("RecordCheckpoint")]
    public Task<JsonNode?> RecordCheckpoint([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("Evaluate")]
    public Task<JsonNode?> Evaluate([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("Register")]
    public Task<JsonNode?> Register([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    [Function("RecordEvent")]
    public Task<JsonNode?> RecordEvent([ActivityTrigger] JsonNode? input, FunctionContext context) => RunAsync(input, context);

    private async Task<JsonNode?> RunAsync(JsonNode? input, FunctionContext context)
    {
        var output = await registry.Activities[context.FunctionDefinition.Name](context.InstanceServices, input?.ToJsonString(WireJson.Options));
        return output is null ? null : JsonNode.Parse(output);
    }
}
