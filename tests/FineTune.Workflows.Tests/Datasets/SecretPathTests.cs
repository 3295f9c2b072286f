using Azure;
using Azure.Storage.Blobs;
using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Storage.Data;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Durable;
using FineTune.Workflows.Runs;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Workflows.Tests.Datasets;

public sealed class SecretPathTests
{
    private const string Secret = "c2VjcmV0";
    private const string Path = "https://account.blob.core.windows.net/data/train.jsonl";
    private const string WithSas = $"{Path}?sv=2026&sig={Secret}";

    [Fact]
    public async Task Create_PathsWithSas_AreNowhereInPlain()
    {
        var asked = new List<string?>();
        await using var host = await StartAsync(asked);

        var run = await host.CreateAsync(request => request with { TrainDataPath = WithSas, EvalDataPath = WithSas });
        run = await host.GetAsync(run.Id);

        Assert.Equal(("data_access_denied", "train_data_path"), (run.Fault?.Code, run.Fault?.Field));
        Assert.Equal((Path, Path), (run.TrainDataPath, run.EvalDataPath));
        Assert.Equal([$"sv=2026&sig={Secret}"], asked.Distinct());
        await AssertHiddenAsync(host, run);
    }

    [Fact]
    public async Task Refuse_PathsWithSas_AreNowhereInPlain()
    {
        await using var host = await StartAsync([]);

        await RunService.RefuseAsync(host.Client, "run-refused", new RunRequest(TrainDataPath: WithSas, EvalDataPath: WithSas), [Fault.Caller("create", "x", "y")]);
        await host.SettleAsync();

        var run = await host.GetAsync("run-refused");
        Assert.Equal(Path, run.TrainDataPath);
        await AssertHiddenAsync(host, run);
    }

    [Fact]
    public async Task Create_QueryThatIsNoSas_IsRefusedAtOnce()
    {
        await using var host = await StartAsync([]);

        var (run, faults) = await host.Runs.CreateAsync(
            host.Client, new RunRequest(WorkflowHost.Model, Path + "?snapshot=1", "main.demo.pairs", TaskType.InstructionFinetune));

        Assert.Null(run);
        Assert.Equal("data_path_invalid", Assert.Single(faults).Code);
    }

    private static async Task AssertHiddenAsync(WorkflowHost host, RunView run)
    {
        Assert.DoesNotContain(Secret, WireJson.Serialize(run), StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", WireJson.Serialize(await host.Client.GetOrchestrationHistoryAsync(run.Id)), StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", WireJson.Serialize((await host.Client.GetInstanceAsync(run.Id, getInputsAndOutputs: true))!), StringComparison.Ordinal);
        foreach (var container in Containers.All)
        {
            await foreach (var blob in host.Blobs.ListAsync(container, ""))
            {
                Assert.DoesNotContain("sig=", await host.Blobs.ReadTextAsync(blob.Path), StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Another account refuses whoever asks.</summary>
    private static Task<WorkflowHost> StartAsync(List<string?> asked) => WorkflowHost.StartAsync(add: services => services.AddSingleton<IDataStore>(provider => new AzureDataStore(
        new BlobServiceClient(new Uri("https://own.blob.core.windows.net")),
        new SasSeal(provider.GetRequiredService<IBlobStore>()),
        (_, sas) =>
        {
            asked.Add(sas);
            throw new RequestFailedException(403, "no");
        })));
}
