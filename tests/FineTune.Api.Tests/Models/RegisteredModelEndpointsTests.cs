using FineTune.Api.Tests.Support;
using FineTune.Core.Artifacts;
using FineTune.Core.Models;
using FineTune.Core.Registry;
using FineTune.Core.Storage;
using FineTune.Testing;

namespace FineTune.Api.Tests.Models;

public sealed class RegisteredModelEndpointsTests
{
    [Fact]
    public async Task List_Version_TellsItsRunBaseAndFigures()
    {
        await using var host = await ApiHost.StartAsync();
        await RegisterAsync(host, "run-1");
        await RegisterAsync(host, "run-2");
        var (status, body, _) = await host.SendAsync(HttpMethod.Get, "/api/registered-models");

        Assert.Equal(200, status);
        Assert.Equal([("run-1", 1), ("run-2", 2)], body!.AsArray().Select(version => ((string)version!["run_id"]!, (int)version["version"]!)));
        var first = body[0]!;
        Assert.Equal(("main.demo.ner", ApiHost.Model, 0.5), ((string)first["name"]!, (string)first["base_model"]!, (double)first["metrics"]!["eval_loss"]!));
    }

    [Fact]
    public async Task Files_OfAVersion_AreThoseOfTheModelAndComeWhole()
    {
        await using var host = await ApiHost.StartAsync();
        await RegisterAsync(host, "run-1");
        var (_, files, _) = await host.SendAsync(HttpMethod.Get, "/api/registered-models/main.demo.ner/1/files");
        Assert.Equal(["config.json", "part/a.safetensors"], files!.AsArray().Select(file => (string)file!["name"]!));

        var content = await host.Http.GetStringAsync(new Uri("/api/registered-models/main.demo.ner/1/files/part/a.safetensors", UriKind.Relative));
        Assert.Equal("weights", content);
    }

    [Theory]
    [InlineData("main.demo.ner/2/files")]
    [InlineData("main.demo.other/1/files")]
    [InlineData("not-a-name/1/files")]
    [InlineData("main.demo.ner/1/files/version.json")]
    [InlineData("main.demo.ner/1/files/part/..%2Fconfig.json")]
    public async Task Files_Unknown_AreNotFound(string path)
    {
        await using var host = await ApiHost.StartAsync();
        await RegisterAsync(host, "run-1");
        var (status, body, _) = await host.SendAsync(HttpMethod.Get, $"/api/registered-models/{path}");

        Assert.Equal(404, status);
        Assert.Equal("model_not_found", (string)body!["faults"]![0]!["code"]!);
    }

    private static async Task RegisterAsync(ApiHost host, string runId)
    {
        using var folder = new TemporaryFolder().With("config.json", "{}").With("part/a.safetensors", "weights").With("optimizer.safetensors", "state");
        var checkpoint = await host.Get<ArtifactStore>().PublishAsync(folder.Root, new BlobPath(Containers.Runs, $"{runId}/checkpoint"), "checkpoint");
        await host.Get<ModelRegistry>().RegisterAsync(
            new RegisteredModelName("main", "demo", "ner"),
            runId,
            checkpoint,
            new VersionFacts(ApiHost.Model, "CC0-1.0", new Dictionary<string, double> { ["eval_loss"] = 0.5 }));
    }
}
