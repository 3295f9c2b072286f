using FineTune.Api.Tests.Support;
using FineTune.Core.Storage;

namespace FineTune.Api.Tests.Datasets;

public sealed class DatasetEndpointsTests
{
    [Fact]
    public async Task Put_File_IsStoredAndAnswersThePathForARun()
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, response) = await host.SendAsync(HttpMethod.Put, "/api/datasets/team/pairs%201.jsonl", """{"prompt":"a"}""");

        Assert.Equal(201, status);
        Assert.Equal("az://datasets/team/pairs 1.jsonl", (string)body!["path"]!);
        Assert.Equal(14, (long)body["length"]!);
        Assert.NotNull(response.Headers.Location);
        Assert.Equal("""{"prompt":"a"}""", await host.Blobs.ReadTextAsync(new BlobPath(Containers.Datasets, "team/pairs 1.jsonl")));
    }

    [Theory]
    [InlineData("a//b.jsonl")]
    [InlineData("a/")]
    public async Task Put_PathThatIsNoFile_IsRefusedAndNothingStored(string path)
    {
        await using var host = await ApiHost.StartAsync();
        var (status, _, _) = await host.SendAsync(HttpMethod.Put, $"/api/datasets/{path}", "x");

        Assert.InRange(status, 400, 404);
        Assert.Empty(await host.Blobs.ListAsync(Containers.Datasets, "").ToListAsync());
    }

    [Fact]
    public async Task Validate_DataWithErrors_AnswersTheReport()
    {
        await using var host = await ApiHost.StartAsync();
        await host.SendAsync(HttpMethod.Put, "/api/datasets/team/train.jsonl", "{\"prompt\": \"a\", \"response\": \"b\"}\n{\"prompt\": \"a\"}\n");
        await host.SendAsync(HttpMethod.Put, "/api/datasets/team/eval.jsonl", "{\"prompt\": \"a\", \"response\": \"b\"}\n");

        var (status, report, _) = await host.SendAsync(HttpMethod.Post, "/api/datasets/validate", """
            {"train_data_path": "az://datasets/team/train.jsonl", "eval_data_path": "/Volumes/team/eval.jsonl", "task_type": "INSTRUCTION_FINETUNE",
             "model": "meta-llama/Llama-3.2-1B", "training_duration": "2ep"}
            """);

        Assert.Equal(200, status);
        Assert.Equal(("missing_field", 2, "response"), ((string)report!["train"]!["problems"]![0]!["code"]!, (int)report["train"]!["problems"]![0]!["line"]!, (string)report["train"]!["problems"]![0]!["field"]!));
        Assert.Equal(1, (int)report["eval"]!["counts"]!["leaked_example"]!);
        Assert.Equal(3, report["train"]!["estimate"]!["gpus"]!.AsArray().Count);
        Assert.False((bool)report["train"]!["tokens"]!["exact"]!);
    }

    [Theory]
    [InlineData("{}", 400, "train_data_path")]
    [InlineData("""{"train_data_path": "az://datasets/none.jsonl"}""", 404, "train_data_path")]
    [InlineData("""{"train_data_path": "../etc/passwd"}""", 400, "train_data_path")]
    [InlineData("""{"train_data_path": "az://datasets/a.jsonl", "model": "nobody/knows"}""", 404, "model")]
    [InlineData("""{"train_data_path": "az://datasets/a.jsonl", "context_length": 1}""", 400, "context_length")]
    [InlineData("""{"train_data_path": "az://datasets/a.jsonl", "training_duration": "long"}""", 400, "training_duration")]
    public async Task Validate_RequestThatCannotBeAnswered_IsRefusedWithTheField(string body, int expected, string field)
    {
        await using var host = await ApiHost.StartAsync();

        var (status, answer, _) = await host.SendAsync(HttpMethod.Post, "/api/datasets/validate", body);

        Assert.Equal(expected, status);
        Assert.Equal(field, (string)answer!["faults"]![0]!["field"]!);
    }
}
