using System.Text.Json.Nodes;
using FineTune.Api.Models;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.LocalHost.Hosting;
using FineTune.LocalHost.Supervision;
using Microsoft.AspNetCore.Builder;

namespace FineTune.Cli.Tests.Models;

public sealed class ModelsCommandTests
{
    [Fact]
    public async Task Models_ListsWhatIsHereAndWhatIsToBeRetired()
    {
        var license = new ModelLicense("Llama 3.2", "Notice", "https://example.org", null);
        ModelView[] models =
        [
            new("finetune/tiny-llama", "Tiny", 2048, ModelStatus.Supported, license, false, "llama", 1_050_000, null, null, true),
            new("a/b-70B", "B", 131072, ModelStatus.ToBeRetired, license, true, "llama", 70_000_000_000, "a/c", null, false),
        ];
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/models", () => models));

        var run = await CommandLine.RunAsync(host.Address, "models");

        Assert.Equal("finetune/tiny-llama  here       2,048    1.1 M       Llama 3.2              supported", run.OutLines[1]);
        Assert.Equal("a/b-70B              to import  131,072  70 B        Llama 3.2 (to accept)  to be retired: use a/c", run.OutLines[2]);
    }

    [Fact]
    public async Task Registered_NameInPartsOrWhole_ReadsAsOne()
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/registered-models", () => new object[]
        {
            new { Name = new RegisteredModelName("main", "demo", "ner"), Version = 2, RunId = "run-1" },
            new { Name = "main.demo.other", Version = 1, RunId = "run-2" },
        }));

        var run = await CommandLine.RunAsync(host.Address, "models", "registered");

        Assert.Equal("main.demo.ner    2        run-1", run.OutLines[1]);
        Assert.Equal("main.demo.other  1        run-2", run.OutLines[2]);
    }

    [Fact]
    public async Task Import_Folder_IsTheTrainersWork()
    {
        using var folder = new TempFolder();
        var local = new FakeLocalHost(CommandLine.Nowhere);

        var run = await CommandLine.RunAsync(
            CommandLine.Nowhere, context => context with { StartHost = local.Start }, "models", "import", folder.FullPath, "--as", "meta/x");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Equal(["import", folder.FullPath, "--as", "meta/x"], local.TrainerCalls.Single());
        Assert.True(local.IsDisposed);
    }

    [Fact]
    public async Task Import_HostRunsOnTheFolder_IsDoneByThatHost()
    {
        using var folder = new TempFolder();
        await using var host = await StubHost.StartAsync(map =>
            map.MapPost(TrainerEndpoints.Path, (string[] arguments) => new TrainerOutcome(0, string.Join(' ', arguments))));

        var run = await CommandLine.RunAsync(
            host.Address,
            context => context with
            {
                StartHost = (_, _) => throw new FaultException(Fault.Caller("start_host", Supervisor.FolderInUse, "in use")),
            },
            "models", "import", folder.FullPath, "--as", "meta/x");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Contains("import", Assert.Single(host.To("POST", TrainerEndpoints.Path)).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_EverySize_IsPassedOn()
    {
        using var folder = new TempFolder();
        var (one, two) = (folder.Write("1.txt", "a"), folder.Write("2.txt", "b"));
        var local = new FakeLocalHost(CommandLine.Nowhere);

        var run = await CommandLine.RunAsync(
            CommandLine.Nowhere,
            context => context with { StartHost = local.Start },
            "models", "init", "--text", one, two, "--as", "my/model", "--dim", "64", "--layers", "2", "--heads", "4", "--kv-heads", "2",
            "--ffn", "160", "--merges", "500", "--context", "256", "--seed", "3", "--json");

        Assert.Equal(
            [
                "init-model", "--text", one, "--text", two, "--as", "my/model", "--dim", "64", "--layers", "2", "--heads", "4", "--kv-heads", "2",
                "--ffn", "160", "--merges", "500", "--context", "256", "--seed", "3",
            ],
            local.TrainerCalls.Single());
        Assert.Equal("my/model", JsonNode.Parse(run.OutLines.Single())!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Import_TrainerFails_ExitsWithFailed()
    {
        using var folder = new TempFolder();
        var local = new FakeLocalHost(CommandLine.Nowhere, 4, "config.json is missing\n");

        var run = await CommandLine.RunAsync(
            CommandLine.Nowhere, context => context with { StartHost = local.Start }, "models", "import", folder.FullPath, "--as", "meta/x");

        Assert.Equal(ExitCodes.Failed, run.ExitCode);
        Assert.Equal("error: the trainer could not do it (exit code 4): config.json is missing\n", run.Error);
        Assert.Empty(run.Out);
    }
}
