using FineTune.Core.Models;
using FineTune.Core.Registry;
using FineTune.Core.Runs;
using FineTune.Testing;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Models;

namespace FineTune.Workflows.Tests.Models;

public sealed class ResolveModelTests
{
    private const string Own = "finetune/own";

    [Theory]
    [InlineData(null, OptimizerKind.Adamw, 5e-4, false)]
    [InlineData(null, OptimizerKind.Lion, 5e-5, false)]
    [InlineData(1e-3, OptimizerKind.Adamw, 1e-3, false)]
    [InlineData(1e-2, OptimizerKind.Adamw, 1e-2, true)]
    public async Task Find_OwnModel_LearnsAtTheRateOfItsSizeAndWarnsOfOthers(double? given, OptimizerKind optimizer, double expected, bool warns)
    {
        await using var host = await StartAsync();

        var resolved = (await FindAsync(host, given, new(Optimizer: optimizer))).Unwrap();

        Assert.Equal(expected, resolved.LearningRate, 1e-12);
        Assert.Equal(warns, resolved.Warnings.Count == 1);
    }

    [Fact]
    public async Task Find_PatternOfNoWeight_IsRefusedBeforeATrainerSeesIt()
    {
        await using var host = await StartAsync();

        var refused = await FindAsync(host, null, new(Freeze: ["model.layers.8.*"]));

        Assert.Equal(("freeze_invalid", "hyperparameters.freeze"), (refused.Fault!.Code, refused.Fault.Field));
        Assert.True((await FindAsync(host, null, new(Freeze: ["model.layers.7.*"]))).Succeeded);
    }

    private static async Task<WorkflowHost> StartAsync()
    {
        var host = await WorkflowHost.StartAsync();
        using var model = new TemporaryFolder();
        model.With(
            "config.json",
            """
            {"vocab_size":4096,"hidden_size":512,"intermediate_size":1408,"num_hidden_layers":8,"num_attention_heads":8,"num_key_value_heads":4,
            "max_position_embeddings":256}
            """);
        await host.Get<BaseModels>().PublishAsync(model.Root, Own);
        return host;
    }

    private static Task<Core.Faults.Outcome<ResolvedModel>> FindAsync(WorkflowHost host, double? learningRate, HyperparametersRequest settings) =>
        host.Get<ResolveModel>().FindAsync(
            ModelCatalogue.Default.TryFind(Own, out var model) ? model : throw new KeyNotFoundException(Own), null, null, learningRate, settings);
}
