using System.Collections.Concurrent;
using FineTune.LocalHost.Durable;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Tests.Durable;

/// <summary>Dies before and after every single commit of a run that uses everything; the result must be that of the undisturbed run.</summary>
public sealed class CrashTests
{
    private const string Id = "run";
    private const string Expected = "[0,10,20] child:7 go retried generation 1";

    private readonly ConcurrentDictionary<string, int> activityRuns = new();

    [Fact]
    public async Task Crash_AtEveryCommitBoundary_EndsAsTheUndisturbedRun()
    {
        var boundaries = await RunAsync(crashAt: int.MaxValue);
        Assert.All(activityRuns, activity => Assert.Equal(Undisturbed(activity.Key), activity.Value));

        for (var crashAt = 0; crashAt < boundaries; crashAt++)
        {
            activityRuns.Clear();
            await RunAsync(crashAt);

            // At least once, and again only where the crash hit.
            Assert.Equal(12, activityRuns.Count);
            Assert.InRange(activityRuns.Sum(activity => activity.Value - Undisturbed(activity.Key)), 0, 3);
        }
    }

    // The flaky one fails once and is retried.
    private static int Undisturbed(string activity) => activity.StartsWith("flaky", StringComparison.Ordinal) ? 2 : 1;

    /// <summary>Number of commit boundaries passed.</summary>
    private async Task<int> RunAsync(int crashAt)
    {
        var passed = 0;
        var crashed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Registry(), options => options with
        {
            OnCommit = _ =>
            {
                if (passed++ >= crashAt)
                {
                    crashed.TrySetResult();
                    throw new SimulatedCrashException();
                }
            },
        });

        for (var step = 0; ; step++)
        {
            Assert.True(step < 50, $"No end after a crash at boundary {crashAt}.");
            try
            {
                if (await engine.Client.GetInstanceAsync(Id, true, TestContext.Current.CancellationToken) is not { } instance)
                {
                    await engine.StartFlowAsync(0, Id);
                }
                else if (instance.IsCompleted)
                {
                    Assert.Equal(Expected, await engine.OutputAsync<string>(Id));
                    return passed;
                }
                else
                {
                    await engine.RaiseAsync(Id, "go", "go");
                }

                if (await Task.WhenAny(engine.AdvanceAsync(TimeSpan.FromMinutes(1)), crashed.Task) == crashed.Task)
                {
                    throw new SimulatedCrashException();
                }
            }
            catch (SimulatedCrashException)
            {
                engine.Options = engine.Options with { OnCommit = null };
                await engine.CrashAsync();

                // Only now: until its store is closed, the dying engine's activities fail to commit, and say so.
                crashed = new TaskCompletionSource();
            }
        }
    }

    private DurableTaskRegistry Registry() => new DurableTaskRegistry()
        .AddOrchestrator<int, string>("Flow", async (context, generation) =>
        {
            var tens = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => context.CallActivityAsync<int>("Ten", $"{generation}/{i}")));
            var child = await context.CallSubOrchestratorAsync<string>("Child", (10 * generation) + 7, new SubOrchestrationOptions(InstanceId: "child"));
            await context.CreateTimer(TimeSpan.FromSeconds(30), CancellationToken.None);
            var answer = await context.WaitForExternalEvent<string>("go", TimeSpan.FromDays(1));
            var flaky = await context.CallActivityAsync<string>(
                "Flaky", generation, TaskOptions.FromRetryPolicy(new RetryPolicy(4, TimeSpan.FromSeconds(20))));
            if (generation == 0)
            {
                context.ContinueAsNew(1);
            }

            return $"[{string.Join(',', tens)}] {child} {answer} {flaky} generation {generation}";
        })
        .AddOrchestrator<int, string>("Child", async (context, n) => await context.CallActivityAsync<string>("Name", $"{context.Parent!.InstanceId}{n}"))
        .AddActivity<string, int>("Ten", (_, task) => Ran($"ten {task}", 10 * (task[^1] - '0')))
        .AddActivity<string, string>("Name", (_, name) => Ran($"name {name}", $"child:{name[^1]}"))
        .AddActivity<int, string>("Flaky", (_, n) =>
            activityRuns.AddOrUpdate($"flaky {n}", 1, (_, runs) => runs + 1) == 1 ? throw new IOException("once") : Ran($"steady {n}", "retried"));

    private Task<T> Ran<T>(string activity, T result)
    {
        activityRuns.AddOrUpdate(activity, 1, (_, runs) => runs + 1);
        return Task.FromResult(result);
    }

    private sealed class SimulatedCrashException : Exception;
}
