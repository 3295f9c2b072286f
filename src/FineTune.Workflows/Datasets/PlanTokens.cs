using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Data.Tokens;
using FineTune.Workflows.Models;

namespace FineTune.Workflows.Datasets;

public sealed record PlanTokensInput(RunSpec Spec, ResolvedModel Model, ValidatedData Data) : ITraced
{
    string? ITraced.TraceParent => Spec.TraceParent;
}

/// <summary>Tokenized data, or data to be tokenized.</summary>
/// <param name="Blocks">How many; 0 when an earlier run has tokenized the same data.</param>
/// <param name="ChatTemplate">The catalogue's for the model, used where its tokenizer has none.</param>
public sealed record TokenSet(
    BlobPath Folder, int Blocks, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ChatTemplate = null);

public sealed record TokensPlan(TokenSet Train, TokenSet? Eval);

/// <summary>Finds out whether the run's data was tokenized before, and otherwise divides it into blocks.</summary>
public sealed class PlanTokens(IBlobStore blobs, ArtifactStore artifacts, TokenSets sets, WorkflowOptions options)
{
    public Task<Outcome<TokensPlan>> RunAsync(PlanTokensInput input) => Outcome.CatchAsync(async () =>
    {
        var tokenizer = (await artifacts.OpenAsync(input.Model.Model)).Files.Where(RunTokenizers.IsNeeded).ToList();
        var train = KeyOf(input, tokenizer, input.Data.Train);
        var eval = input.Data.Eval is { } files ? KeyOf(input, tokenizer, files) : null;
        return new TokensPlan(await PlanAsync(input.Spec.RunId, train), eval is null ? null : await PlanAsync(input.Spec.RunId, eval));
    });

    private static TokenSetKey KeyOf(PlanTokensInput input, IReadOnlyList<ArtifactFile> tokenizer, IReadOnlyList<DataFile> files) => new(
        input.Spec.TaskType,
        input.Model.ContextLength,
        input.Spec.TaskType == TaskType.ChatCompletion ? input.Spec.Date : null,
        input.Spec.TaskType == TaskType.ChatCompletion && ModelCatalogue.Default.TryFind(input.Spec.Model, out var known) ? known.ChatTemplate : null,
        tokenizer,
        files);

    private async Task<TokenSet> PlanAsync(string runId, TokenSetKey key)
    {
        var folder = await sets.ClaimAsync(runId, key.Set);
        if (await artifacts.FindAsync(folder) is not null)
        {
            return new TokenSet(folder, 0);
        }

        // The first plan stays, also when the size of blocks is configured anew in between.
        await blobs.TryCreateJsonAsync(folder / TokenBlocks.PlanFile, TokenBlocks.Divide(key.Files, options.TokenBlockBytes));
        return new TokenSet(folder, (await TokenSetBlocks.ReadAsync(blobs, folder)).Count, key.ChatTemplate);
    }
}
