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
        await AddAsync("text/deep/c.jsonl.gz");
        await AddAsync("text/_SUCCESS");
        await AddAsync("text/.part/d.txt");
        await AddAsync("text/finetune.json");
        var data = await LocateAsync("az://datasets/text/", TaskType.ContinuedPretrain);
        Assert.Equal(["text/a.txt", "text/b.txt", "text/deep/c.jsonl.gz"], data.Files.Select(file => file.Name));
        Assert.Equal(["text/notes.md"], data.LeftOut);
    }

    [Theory]
    [InlineData("az://datasets/v/*.jsonl", "v/a.jsonl")]
    [InlineData("/Volumes/v/**/*.{jsonl,json}", "v/a.jsonl", "v/w/b.json", "v/w/x/c.jsonl")]
    [InlineData("dbfs:/Volumes/v/w/?.json", "v/w/b.json")]
    [InlineData("az://datasets/*/a.jsonl", "v/a.jsonl")]
    [InlineData("az://datasets/v/**", "v/a.jsonl", "v/w/b.json", "v/w/x/c.jsonl")]
    [InlineData("az://datasets/v/w*/**/c.*", "v/w/x/c.jsonl")]
    [InlineData("az://datasets/v/w/[1].json", "v/w/[1].json")]
    [InlineData("az://datasets/v/w/{2}.json", "v/w/{2}.json")]
    public async Task Find_Pattern_TakesWhatMatches(string path, params string[] names)
    {
        foreach (var name in names.Concat(["v/a.jsonl", "v/w/b.json", "v/w/x/c.jsonl", "vv/a.csv"]).Distinct())
        {
            await AddAsync(name);
        }

        Assert.Equal(names, (await FindAsync(path, TaskType.ChatCompletion)).Select(file => file.Name));
    }

    [Fact]
    public async Task Find_FolderOfOtherFiles_NamesThem()
    {
        await AddAsync("text/b.txt");
        await AddAsync("text/a.pdf");
        var refused = await Assert.ThrowsAsync<FaultException>(() => FindAsync("/Volumes/text", TaskType.ChatCompletion));
        Assert.Equal("data_not_found", refused.Fault.Code);
        Assert.Contains("text/a.pdf, text/b.txt", refused.Fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("az://datasets/none", "data_not_found")]
    [InlineData("main.demo.table", "data_not_found")]
    [InlineData("/Volumes/a/../../runs/x.jsonl", "data_path_invalid")]
    [InlineData("az://datasets/./a.jsonl", "data_path_invalid")]
    [InlineData("az://datasets/a\0.jsonl", "data_path_invalid")]
    [InlineData("az://datasets/a/*.{jsonl", "data_path_invalid")]
    [InlineData("az://datasets/a/*/../b", "data_path_invalid")]
    public async Task Find_Nothing_SaysSo(string path, string code)
    {
        var refused = await Assert.ThrowsAsync<FaultException>(() => FindAsync(path, TaskType.ChatCompletion));
        Assert.Equal((code, "train_data_path"), (refused.Fault.Code, refused.Fault.Field));
    }

    private async Task<IReadOnlyList<DataFile>> FindAsync(string path, TaskType taskType) => (await LocateAsync(path, taskType)).Files;

    private Task<LocatedData> LocateAsync(string path, TaskType taskType) =>
        new DatasetLocator(new DataStores([new BlobDataStore(blobs)]), new WorkflowOptions()).FindAsync(path, taskType, "validate_data", "train_data_path");

    private async Task AddAsync(string name)
    {
        using var content = new MemoryStream([1]);
        await blobs.WriteAsync(new BlobPath(Containers.Datasets, name), content);
    }
}
