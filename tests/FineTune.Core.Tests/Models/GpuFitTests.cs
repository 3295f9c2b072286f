using FineTune.Core.Models;

namespace FineTune.Core.Tests.Models;

public sealed class GpuFitTests
{
    [Theory]
    [InlineData("meta-llama/Meta-Llama-3.1-70B")]
    [InlineData("meta-llama/Meta-Llama-3.1-405B-Instruct")]
    [InlineData("databricks/dbrx-base")]
    [InlineData("mistralai/Mixtral-8x7B-v0.1")]
    public void Check_LargerThanAnyOneGpu_NamesTheDispatcherItNeeds(string model)
    {
        var fault = GpuFit.Check(Find(model), null, null)!;

        Assert.Equal(("dispatcher_required", "model"), (fault.Code, fault.Field));
        Assert.Contains("AKS or Azure ML", fault.Message, StringComparison.Ordinal);
        Assert.Contains("FINETUNE_MULTI_GPU_QUEUE", fault.Message, StringComparison.Ordinal);
        Assert.Null(GpuFit.Check(Find(model), null, "train-epoch-aks"));
    }

    [Theory]
    [InlineData("finetune/tiny-llama", "Consumption-GPU-NC8as-T4", true)]
    [InlineData("meta-llama/Llama-3.2-3B", "Consumption-GPU-NC8as-T4", true)]
    [InlineData("meta-llama/Meta-Llama-3.1-8B", "Consumption-GPU-NC8as-T4", false)]
    [InlineData("meta-llama/Meta-Llama-3.1-8B", "Consumption-GPU-NC24-A100", true)]
    [InlineData("meta-llama/Meta-Llama-3.1-8B", null, true)]
    public void Check_ByTheTrainersGpu_FitsOrNot(string model, string? profile, bool fits) =>
        Assert.Equal(fits, GpuFit.Check(Find(model), profile, null) is null);

    private static CatalogueModel Find(string name) => ModelCatalogue.Default.TryFind(name, out var model) ? model : throw new KeyNotFoundException(name);
}
