namespace FineTune.Infra.Tests;

public sealed class DockerfileTests
{
    /// <summary>What every project's build reads from the repository's root.</summary>
    private static readonly string[] BuildFiles =
    [
        ".editorconfig", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "eng", "global.json", "src",
    ];

    [Theory]
    [InlineData("FineTune.Trainer")]
    [InlineData("FineTune.Functions")]
    public async Task Dockerfile_BuildStage_CopiesWhatTheBuildReads(string project)
    {
        var lines = await File.ReadAllLinesAsync(
            Path.Combine(AppContext.BaseDirectory, "docker", project, "Dockerfile"), TestContext.Current.CancellationToken);
        var copied = lines.Where(line => line.StartsWith("COPY ", StringComparison.Ordinal) && !line.Contains("--from", StringComparison.Ordinal))
            .SelectMany(line => line.Split(' ')[1..^1]).ToHashSet(StringComparer.Ordinal);

        Assert.Subset(copied, BuildFiles.ToHashSet(StringComparer.Ordinal));
        Assert.Contains(lines, line => line.StartsWith($"RUN dotnet publish src/{project} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TrainerDockerfile_RunsOnTheDeviceThatItsLibtorchIsFor()
    {
        var lines = await File.ReadAllLinesAsync(
            Path.Combine(AppContext.BaseDirectory, "docker", "FineTune.Trainer", "Dockerfile"), TestContext.Current.CancellationToken);
        var runtime = lines.SkipWhile(line => !line.StartsWith("FROM mcr.microsoft.com/dotnet/aspnet", StringComparison.Ordinal)).ToList();

        // Arguments end with their stage, so it must be declared again, with the same default.
        Assert.Equal(2, lines.Count(line => line == "ARG LIBTORCH=cuda"));
        Assert.Contains("ARG LIBTORCH=cuda", runtime);
        Assert.Contains("ENV FINETUNE_DEVICE=$LIBTORCH", runtime);
    }
}
