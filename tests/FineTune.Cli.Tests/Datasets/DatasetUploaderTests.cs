using System.Text.Json.Nodes;
using FineTune.Api.Datasets;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Cli.Tests.Datasets;

public sealed class DatasetUploaderTests
{
    [Fact]
    public async Task Create_LocalFile_IsUploadedAndItsPathIsSent()
    {
        using var folder = new TempFolder();
        var file = folder.Write("my data.jsonl", "{}\n");
        await using var host = await StubHost.StartAsync(Map);

        var run = await CreateAsync(host, file);

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Contains("Uploaded my data.jsonl (3 B)", run.Error, StringComparison.Ordinal);
        var upload = host.To("PUT", "/api/datasets/uploads/").Single();
        Assert.Equal("{}\n", upload.Body);
        Assert.Matches("^az://datasets/uploads/[0-9a-f]{16}/my data\\.jsonl$", TrainDataPath(host));
    }

    [Fact]
    public async Task Create_SameContentTwice_IsOneDataSetAndChangedContentAnother()
    {
        using var folder = new TempFolder();
        var file = folder.Write("d.jsonl", "{}\n");
        await using var host = await StubHost.StartAsync(Map);

        await CreateAsync(host, file);
        await CreateAsync(host, file);
        folder.Write("d.jsonl", "[]\n");
        await CreateAsync(host, file);

        var paths = host.To("PUT", "/api/datasets/").Select(request => request.Path).ToList();
        Assert.Equal(paths[0], paths[1]);
        Assert.NotEqual(paths[0], paths[2]);
    }

    [Fact]
    public async Task Create_LocalDeltaTable_IsUploadedWithItsLog()
    {
        using var folder = new TempFolder();
        folder.Write("table/part-0.parquet", "x");
        folder.Write("table/_delta_log/00000000000000000000.json", "{}");
        await using var host = await StubHost.StartAsync(Map);

        await CreateAsync(host, Path.Combine(folder.FullPath, "table"));

        Assert.Equal(
            ["_delta_log/00000000000000000000.json", "part-0.parquet"],
            host.To("PUT", "/api/datasets/").Select(request => request.Path.Split("/table/")[1]));
    }

    [Fact]
    public async Task Create_LocalFolder_IsUploadedWholeAndNamedAsAFolder()
    {
        using var folder = new TempFolder();
        folder.Write("texts/b.txt", "b");
        folder.Write("texts/deep/a.txt", "a");
        folder.Write("texts/.hidden", "x");
        await using var host = await StubHost.StartAsync(Map);

        await CreateAsync(host, Path.Combine(folder.FullPath, "texts"));

        var path = TrainDataPath(host);
        Assert.Matches("^az://datasets/uploads/[0-9a-f]{16}/texts$", path);
        var below = path["az://datasets/".Length..];
        Assert.Equal(
            [$"/api/datasets/{below}/b.txt", $"/api/datasets/{below}/deep/a.txt"],
            host.To("PUT", "/api/datasets/").Select(request => request.Path));
    }

    [Fact]
    public async Task Create_EmptyFolder_IsRefusedBeforeAnythingIsSent()
    {
        using var folder = new TempFolder();
        await using var host = await StubHost.StartAsync(Map);

        var run = await CreateAsync(host, folder.FullPath);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("holds no file", run.Error, StringComparison.Ordinal);
        Assert.Empty(host.Requests);
    }

    [Theory]
    [InlineData("./no/such.jsonl")]
    [InlineData("../no/such.jsonl")]
    public async Task Create_MissingLocalFile_IsUsage(string path)
    {
        await using var host = await StubHost.StartAsync(Map);

        var run = await CreateAsync(host, path);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Equal(
            $"error: --train-data-path '{path}' is neither a file nor a folder here. Check the path, or name data the host knows.\n", run.Error);
        Assert.Empty(host.Requests);
    }

    [Theory]
    [InlineData("/Volumes/main/demo/train.jsonl")]
    [InlineData("az://datasets/train.jsonl")]
    public async Task Create_PathOfTheHost_IsSentAsItIs(string path)
    {
        await using var host = await StubHost.StartAsync(Map);

        await CreateAsync(host, path);

        Assert.Equal(path, TrainDataPath(host));
        Assert.Single(host.Requests);
    }

    private static Task<CliRun> CreateAsync(StubHost host, string path) => CommandLine.RunAsync(
        host.Address, "create", "--model", "finetune/tiny-llama", "--train-data-path", path, "--register-to", "main.demo");

    private static string TrainDataPath(StubHost host) =>
        JsonNode.Parse(host.To("POST", "/api/runs").Last().Body)!["train_data_path"]!.GetValue<string>();

    private static void Map(IEndpointRouteBuilder app)
    {
        app.MapPut("/api/datasets/{**path}", (string path) => new UploadedFile($"az://datasets/{path}", 1));
        app.MapPost("/api/runs", () => Results.Accepted(
            "/api/runs/run-1", new { Id = "run-1", Status = RunStatus.Pending, Run = TestRuns.Create(RunStatus.Pending), Links = new { } }));
    }
}
