using FineTune.Core.Json;
using FineTune.Core.Storage;

namespace FineTune.Core.Tests.Storage;

public sealed class BlobPathTests
{
    [Theory]
    [InlineData("az://datasets/a/b.jsonl", "datasets", "a/b.jsonl")]
    [InlineData("AZ://datasets", "datasets", "")]
    [InlineData("az://datasets/", "datasets", "")]
    public void TryParse_Path_ContainerAndName(string text, string container, string name)
    {
        Assert.True(BlobPath.TryParse(text, out var path));
        Assert.Equal(new BlobPath(container, name), path);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("az:///x")]
    [InlineData("https://datasets/x")]
    [InlineData("datasets/x")]
    public void TryParse_SomethingElse_False(string? text) => Assert.False(BlobPath.TryParse(text, out _));

    [Theory]
    [InlineData("", "x", "x")]
    [InlineData("a", "x", "a/x")]
    [InlineData("a/", "x/y", "a/x/y")]
    public void Divide_FolderAndChild_Joined(string folder, string child, string expected) =>
        Assert.Equal(new BlobPath("c", expected), new BlobPath("c", folder) / child);

    [Fact]
    public void ToString_Path_ParsesBackAndNamesTheFile()
    {
        var path = new BlobPath("c", "a/b/file.txt");

        Assert.True(BlobPath.TryParse(path.ToString(), out var parsed));
        Assert.Equal(path, parsed);
        Assert.Equal("file.txt", path.FileName);
        Assert.Equal(path, WireJson.Deserialize<BlobPath>(WireJson.Serialize(path)));
    }
}
