using CsCheck;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Tests.Durable;

/// <summary>Any order of what operators, clients and power failures do leaves the status that a five-line model predicts.</summary>
public sealed class RandomHistoryTests
{
    private const int Wanted = 3;

    private enum Operation
    {
        Event,
        Duplicate,
        OtherEvent,
        Suspend,
        Resume,
        Terminate,
        Crash,
        Time,
    }

    [Fact]
    public Task AnyOrder_OfOperations_LeavesTheStatusOfTheModel() =>
        Gen.Frequency((8, Gen.Enum<Operation>()), (6, Gen.Const(Operation.Event)), (2, Gen.Const(Operation.Resume)))
            .Array[1, 16]
            .SampleAsync(ConformAsync, iter: 40, threads: 1);

    private static async Task ConformAsync(Operation[] operations)
    {
        var model = new Model();
        await using var engine = await EmbeddedEngineUnderTest.StartAsync(Registry());
        await engine.StartFlowAsync(id: "one");
        await engine.SettleAsync();
        foreach (var operation in operations)
        {
            await ApplyAsync(engine, operation);
            await engine.AdvanceAsync(operation == Operation.Time ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(1));
            model.Apply(operation);

            Assert.Equal(model.Status, (await engine.GetAsync("one")).RuntimeStatus);
        }
    }

    private static Task ApplyAsync(EmbeddedEngineUnderTest engine, Operation operation) => operation switch
    {
        Operation.Event => engine.RaiseAsync("one", "e"),
        Operation.Duplicate => Task.WhenAll(engine.RaiseAsync("one", "E"), engine.RaiseAsync("one", "e")),
        Operation.OtherEvent => engine.RaiseAsync("one", "unexpected", operation),
        Operation.Suspend => engine.Client.SuspendInstanceAsync("one", null, TestContext.Current.CancellationToken),
        Operation.Resume => engine.Client.ResumeInstanceAsync("one", null, TestContext.Current.CancellationToken),
        Operation.Terminate => engine.Client.TerminateInstanceAsync("one", null, TestContext.Current.CancellationToken),
        Operation.Crash => engine.CrashAsync(),
        _ => Task.CompletedTask,
    };

    // After each event an activity and a child: every kind of completion is in flight when something happens.
    private static DurableTaskRegistry Registry() => new DurableTaskRegistry()
        .AddOrchestrator<object?, int>("Flow", async (context, _) =>
        {
            for (var i = 0; i < Wanted; i++)
            {
                await context.WaitForExternalEvent<string?>("e");
                await context.CallActivityAsync<int>("Same", i);
                await context.CallSubOrchestratorAsync<int>("Child", i);
            }

            return Wanted;
        })
        .AddOrchestrator<int, int>("Child", (context, n) => context.CallActivityAsync<int>("Same", n))
        .AddActivity<int, int>("Same", (_, n) => Task.FromResult(n));

    private sealed class Model
    {
        private int events;
        private bool suspended;

        public OrchestrationRuntimeStatus Status { get; private set; } = OrchestrationRuntimeStatus.Running;

        public void Apply(Operation operation)
        {
            if (Status.IsTerminal())
            {
                return;
            }

            events += operation switch { Operation.Event => 1, Operation.Duplicate => 2, _ => 0 };
            suspended = operation switch { Operation.Suspend => true, Operation.Resume => false, _ => suspended };
            Status = operation == Operation.Terminate ? OrchestrationRuntimeStatus.Terminated
                : suspended ? OrchestrationRuntimeStatus.Suspended
                : events >= Wanted ? OrchestrationRuntimeStatus.Completed
                : OrchestrationRuntimeStatus.Running;
        }
    }
}
