using FineTune.Api.Generation;
using FineTune.Cli.Datasets;
using FineTune.Cli.Hosting;
using FineTune.Cli.Runs;
using FineTune.Cli.Terminals;
using FineTune.Core.Runs;
using FineTune.Workflows.Runs;

namespace FineTune.Cli.Demo;

/// <summary>The demo's work against a host, told to <paramref name="log"/> as it goes.</summary>
public sealed class DemoSteps(DemoPlan plan, SampleData samples, HostClient host, CliContext context, TextWriter log, bool live)
{
    private readonly DatasetUploader uploads = new(host, _ => { });
    private readonly List<string> runs = [];

    /// <summary>Ids of the runs started so far.</summary>
    public IReadOnlyList<string> Runs => runs;

    /// <exception cref="DemoFailedException">A run did not complete.</exception>
    public async Task<DemoResult> RunAsync(CancellationToken cancellationToken)
    {
        var start = context.Clock.GetTimestamp();
        await log.WriteLineAsync($"1/3  Continued pre-training of {plan.Model} on plain text");
        var text = await uploads.UploadAsync(samples.Text, cancellationToken);
        var pretraining = await TrainAsync("Continued pre-training", plan.Pretrain(text), cancellationToken);

        var weights = RunText.Registered(pretraining.Run);
        await log.WriteLineAsync($"2/3  Instruction fine-tuning for named-entity extraction from {weights}");
        var train = await uploads.UploadAsync(samples.Train, cancellationToken);
        var eval = await uploads.UploadAsync(samples.HeldOut, cancellationToken);
        var tuning = await TrainAsync("Instruction fine-tuning", plan.Tune(train, eval, weights), cancellationToken);

        await log.WriteLineAsync("3/3  The same prompts to the base model and the tuned one");
        var heldOut = SampleData.ReadPairs(samples.HeldOut, plan.Prompts);
        var recombined = SampleData.ReadPairs(samples.Recombined, plan.Prompts);
        var tuned = RunText.Registered(tuning.Run);
        var baseAnswers = await AskAsync(plan.Model, "held-out sentences", heldOut, cancellationToken);
        var tunedAnswers = await AskAsync(tuned, "held-out sentences", heldOut, cancellationToken);
        var recombinedAnswers = await AskAsync(tuned, "recombined names", recombined, cancellationToken);
        return new DemoResult(
            plan,
            pretraining,
            tuning,
            [.. heldOut.Select((pair, i) => new DemoAnswer(pair.Prompt, pair.Response, baseAnswers[i], tunedAnswers[i]))],
            [.. recombined.Select((pair, i) => new DemoAnswer(pair.Prompt, pair.Response, null, recombinedAnswers[i]))],
            context.Clock.GetElapsedTime(start).TotalSeconds);
    }

    private async Task<DemoStage> TrainAsync(string title, RunRequest request, CancellationToken cancellationToken)
    {
        var created = await host.CreateRunAsync(request, cancellationToken);
        runs.Add(created.Id);
        var display = new ProgressDisplay(log, live, context.Terminal.Width, context.Clock);
        RunView run;
        try
        {
            run = await new RunFollower(host, context, log).FollowAsync(created.Id, display.Show, cancellationToken);
        }
        finally
        {
            display.Close();
        }

        await log.WriteLineAsync("     " + RunText.Outcome(run));
        if (run.Status != RunStatus.Completed)
        {
            throw new DemoFailedException(RunText.Outcome(run));
        }

        return new DemoStage(title, run, await host.LossesAsync(run.Id, cancellationToken));
    }

    private async Task<List<string>> AskAsync(string model, string kind, IReadOnlyList<PromptPair> pairs, CancellationToken cancellationToken)
    {
        var answers = new List<string>();
        foreach (var chunk in pairs.Select(pair => pair.Prompt).Chunk(plan.PromptsPerRequest))
        {
            var result = await host.GenerateAsync(
                new GenerateRequest(model, Prompts: chunk, MaxTokens: plan.MaxTokens), cancellationToken);
            answers.AddRange(result.Completions.Select(completion => completion.Text));
        }

        await log.WriteLineAsync($"     {model} answered {Format.Count(answers.Count)} {kind}");
        return answers;
    }
}

/// <summary>The demo cannot go on; the message says why.</summary>
public sealed class DemoFailedException(string message) : Exception(message);
