using FineTune.Core.Epochs;
using FineTune.Core.Storage;

namespace FineTune.Core.Tests.Epochs;

public sealed class RunPathsTests
{
    private static readonly RunPaths Paths = new("r");

    [Theory]
    [InlineData(1, 1)]
    [InlineData(12, 3456)]
    [InlineData(10_000, 10)]
    public void AttemptOf_NamedByAttempt_ReadsBack(int epoch, int attempt)
    {
        Assert.Equal((epoch, attempt), RunPaths.AttemptOf(Paths.MetricsOf(epoch, attempt)));
        Assert.Equal((epoch, attempt), RunPaths.AttemptOf(Paths.HeartbeatOf(epoch, attempt)));
    }

    [Fact]
    public void AttemptOf_OtherBlob_Zero() => Assert.Equal((0, 0), RunPaths.AttemptOf(new BlobPath("runs", "r/run.json")));
}
