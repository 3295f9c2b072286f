using FineTune.Testing.Durable;
using FineTune.Workflows.Durable;
using Xunit;

namespace FineTune.Functions.Tests.Durable;

/// <summary>The engine's promises held against Durable Task itself, through the adapter that the function app uses.</summary>
public sealed class DurableTaskConformance : DurableEngineConformance
{
    private TimeSpan patience = TimeSpan.FromSeconds(30);

    /// <summary>The engine's clock is the machine's.</summary>
    protected override TimeSpan Tick => TimeSpan.FromMilliseconds(100);

    protected override async Task<DurableEngineUnderTest> StartEngineAsync(
        DurableTaskRegistry registry, int maxConcurrentActivities = 10, string defaultVersion = "") =>
        await DurableTaskUnderTest.StartAsync(registry, maxConcurrentActivities, defaultVersion, patience);

    // What follows, the in-process host does not keep; each promise must be seen broken, so that a version which keeps it is noticed.

    public override Task CallActivity_CrashWhileItRuns_RunsAgain() =>
        IsBrokenAsync(base.CallActivity_CrashWhileItRuns_RunsAgain, "the host waits for the dead worker's answer");

    public override Task ContinueAsNew_CustomStatus_IsKept() =>
        IsBrokenAsync(base.ContinueAsNew_CustomStatus_IsKept, "the host's dispatcher forgets it, DurableTask.Core's does not");

    public override Task ContinueAsNew_EventsNobodyTook_AreCarriedInOrder() => IsBrokenAsync(
        base.ContinueAsNew_EventsNobodyTook_AreCarriedInOrder, "the store takes them for messages to the generation before, and drops them");

    public override Task GetInstance_VersionGivenAtStart_IsTold() =>
        IsBrokenAsync(base.GetInstance_VersionGivenAtStart_IsTold, "the SDK's metadata has no version");

    public override Task Orchestrator_CustomStatusAbove16KB_Fails() =>
        IsBrokenAsync(base.Orchestrator_CustomStatusAbove16KB_Fails, "the store is in memory and knows no limit");

    public override Task Query_ContinuationToken_GoesOnThoughInstancesComeAndGo() =>
        IsBrokenAsync(base.Query_ContinuationToken_GoesOnThoughInstancesComeAndGo, "the store's tokens are positions");

    public override Task Query_InputsNotAskedFor_AreNotTold() => IsBrokenAsync(base.Query_InputsNotAskedFor_AreNotTold, "the host tells them");

    public override Task Restart_NewId_LeavesTheOldInstanceAlone() =>
        IsBrokenAsync(base.Restart_NewId_LeavesTheOldInstanceAlone, "the host cannot read an instance that it restarted: it has no tags");

    public override Task Restart_SameIdOfALiveInstance_Throws() =>
        IsBrokenAsync(base.Restart_SameIdOfALiveInstance_Throws, "the host answers with an internal error");

    public override Task StartAt_InTheFuture_IsPendingUntilThen() => IsBrokenAsync(base.StartAt_InTheFuture_IsPendingUntilThen, StartsAtOnce);

    public override Task StartAt_TerminatedBefore_NeverRuns() => IsBrokenAsync(base.StartAt_TerminatedBefore_NeverRuns, StartsAtOnce);

    public override Task SubOrchestration_IdOfALiveInstance_FailsTheTask() =>
        IsBrokenAsync(base.SubOrchestration_IdOfALiveInstance_FailsTheTask, "the store gives the live instance a second start");

    public override Task Suspend_BeforeTheFirstTurn_HoldsBackTheStart() =>
        IsBrokenAsync(base.Suspend_BeforeTheFirstTurn_HoldsBackTheStart, StartsAtOnce);

    public override Task Terminate_WithDescendants_EndsThemToo() =>
        IsBrokenAsync(base.Terminate_WithDescendants_EndsThemToo, "the host ends the one instance alone");

    private const string StartsAtOnce = "the host ignores the time of start";

    private async Task IsBrokenAsync(Func<Task> promise, string because)
    {
        patience = TimeSpan.FromSeconds(2);
        Assert.True(await Record.ExceptionAsync(promise) is not null, $"This promise is kept now, though: {because}. Hold the engine to it.");
    }
}
