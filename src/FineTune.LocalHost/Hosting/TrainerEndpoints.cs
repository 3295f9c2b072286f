using FineTune.Api;
using FineTune.Core.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace FineTune.LocalHost.Hosting;

/// <summary>What a command of the trainer came to.</summary>
public sealed record TrainerOutcome(int ExitCode, string Output);

/// <summary>
/// <c>POST /api/local/trainer</c>, on this machine only: runs <c>import</c> or <c>init-model</c> against the running host's storage, so that
/// models can be brought in without stopping it.
/// </summary>
public static class TrainerEndpoints
{
    public const string Path = "/api/local/trainer";
    private static readonly string[] Commands = ["import", "init-model"];

    public static void MapTrainer(this IEndpointRouteBuilder endpoints) => endpoints.MapPost(Path, RunAsync);

    private static async Task<Results<Ok<TrainerOutcome>, BadRequest<FaultResponse>>> RunAsync(
        string[] arguments, TrainerProgram trainer, CancellationToken cancellationToken)
    {
        if (arguments.Length == 0 || !Commands.Contains(arguments[0]))
        {
            return TypedResults.BadRequest(FaultResponse.Of(Fault.Caller(
                "trainer", "command_not_allowed", $"The first argument must be one of: {string.Join(", ", Commands)}.")));
        }

        var (exitCode, output) = await trainer.RunAsync(arguments, cancellationToken);
        return TypedResults.Ok(new TrainerOutcome(exitCode, output));
    }
}
