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
}
