using FineTune.Testing.Durable;
using FineTune.Workflows.Durable;

namespace FineTune.LocalHost.Tests.Durable;

public sealed class EmbeddedDurableEngineConformance : DurableEngineConformance
{
    protected override async Task<DurableEngineUnderTest> StartEngineAsync(
        DurableTaskRegistry registry, int maxConcurrentActivities = 10, string defaultVersion = "") =>
        await EmbeddedEngineUnderTest.StartAsync(
            registry, options => options with { MaxConcurrentActivities = maxConcurrentActivities, DefaultVersion = defaultVersion });
}
