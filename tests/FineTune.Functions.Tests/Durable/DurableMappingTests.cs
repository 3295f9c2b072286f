using FineTune.Functions.Durable;
using FineTune.Workflows.Durable;
using Ms = Microsoft.DurableTask;

namespace FineTune.Functions.Tests.Durable;

public sealed class DurableMappingTests
{
    [Fact]
    public void DetailsOf_ChildTheHostCouldNotRunToItsEnd_TellsTheException()
    {
        var failure = new Ms.TaskFailedException("TrainEpoch", 7, (Ms.TaskFailureDetails)null!);

        var details = DurableMapping.DetailsOf(failure);

        Assert.Equal(typeof(TaskFailedException).FullName, details.ErrorType);
        Assert.Equal(failure.Message, details.ErrorMessage);
    }
}
