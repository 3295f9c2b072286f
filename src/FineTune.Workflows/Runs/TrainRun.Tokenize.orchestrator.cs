using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Data.Tokens;
using FineTune.Workflows.Datasets;
using FineTune.Workflows.Models;

namespace FineTune.Workflows.Runs;

/// <summary>The fan-out of a run: its data's blocks are tokenized several at a time.</summary>
public sealed partial class TrainRun
{
    /// <summary>Blocks at a time, of each run; more would keep other runs waiting and cost memory.</summary>
    private const int BlocksInFlight = 8;

    private async Task<TokenizedData> TokenizeAsync(ResolvedModel model, ValidatedData validated)
    {
        var plan = await StepAsync<TokensPlan>(Tokenization.Phase, nameof(PlanTokens), new PlanTokensInput(spec, model, validated));
        var blocks = BlocksOf(plan.Train, model).Concat(plan.Eval is null ? [] : BlocksOf(plan.Eval, model)).ToList();
        if (blocks.Count > 0)
        {
            await TokenizeAsync(blocks);
        }

        return await StepAsync<TokenizedData>(Tokenization.Phase, nameof(SealTokens), new SealTokensInput(spec, model, plan));
    }

    private IEnumerable<TokenizeBlockInput> BlocksOf(TokenSet set, ResolvedModel model) => Enumerable.Range(0, set.Blocks)
        .Select(block => new TokenizeBlockInput(
            set.Folder, block, spec.TaskType, spec.Date, model.Model, model.ContextLength, spec.TraceParent, set.ChatTemplate));

    private async Task TokenizeAsync(IReadOnlyList<TokenizeBlockInput> blocks)
    {
        var running = new List<Task>();
        using var inTime = new CancellationTokenSource();
        var timeout = context.CreateTimer(spec.Dispatch.StepTimeout, inTime.Token);
        foreach (var block in blocks)
        {
            ThrowIfCanceled();
            running.Add(CallAsync<TokenizedBlock>(Tokenization.Phase, nameof(TokenizeBlock), block));
            if (running.Count == BlocksInFlight)
            {
                await FirstAsync(running, timeout);
            }
        }

        while (running.Count > 0)
        {
            await FirstAsync(running, timeout);
        }

        inTime.Cancel();
    }

    /// <summary>Takes out the first that ends; a refusal ends the run.</summary>
    private async Task FirstAsync(List<Task> running, Task timeout)
    {
        var first = await Task.WhenAny([.. running, cancel, timeout]);
        if (first == cancel)
        {
            throw new RunCanceledException();
        }

        if (first is not Task<Outcome<TokenizedBlock>> block)
        {
            throw TookTooLong(Tokenization.Phase);
        }

        running.Remove(block);
        Accept(await block);
    }
}
