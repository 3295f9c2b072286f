using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Testing.Storage;
using FineTune.Workflows.Datasets;

namespace FineTune.Workflows.Tests.Datasets;

public sealed class DatasetLocatorTests
{
    private readonly InMemoryBlobStore blobs = new();

    [Theory]
    [InlineData("az://datasets/main/demo/v/a.jsonl")]
    [InlineData("/Volumes/main/demo/v/a.jsonl")]
    [InlineData("dbfs:/Volumes/main/demo/v/a.jsonl")]
    public async Task Find_File_InEveryFormOfPath(string path)
    {
        await AddAsync("main/demo/v/a.jsonl");
        Assert.Equal("main/demo/v/a.jsonl", Assert.Single(await FindAsync(path, TaskType.ChatCompletion)).Name);
    }

    [Fact]
    public async Task Find_Folder_TakesTheTasksFilesInNameOrder()
    {
        await AddAsync("text/b.txt");
        await AddAsync("text/a.txt");
        await AddAsync("text/notes.md");
        await AddAsync("texts/c.txt");
        var files = await FindAsync("az://datasets/text/", TaskType.ContinuedPretrain);
        Assert.Equal(["text/a.txt", "text/b.txt"], files.Select(file => file.Name));
    }

    [Theory]
    [InlineData("az://datasets/none", "data_not_found")]
    [InlineData("main.demo.table", "data_path_invalid")]
    public async Task Find_Nothing_SaysSo(string path, string code)
    {
        var refused = await Assert.ThrowsAsync<FaultException>(() => FindAsync(path, TaskType.ChatCompletion));
        Assert.Equal((code, "train_data_path"), (refused.Fault.Code, refused.Fault.Field));
    }

    private Task<IReadOnlyList<DataFile>> FindAsync(string path, TaskType taskType) =>
        new DatasetLocator(blobs).FindAsync(path, taskType, "validate_data", "train_data_path");

    private async Task AddAsync(string name)
    {
        using var content = new MemoryStream([1]);
        await blobs.WriteAsync(new BlobPath(Containers.Datasets, name), content);
    }
}
