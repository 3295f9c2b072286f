using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FineTune.Workflows;

namespace FineTune.Infra.Tests;

/// <summary>The app's host settings and function names, checked also where the app cannot be built.</summary>
public sealed partial class HostTests
{
    private static string Sources { get; } = Path.Combine(AppContext.BaseDirectory, "functions");

    [Fact]
    public void Functions_Declared_AreTheWorkflowsOrchestratorsAndActivities()
    {
        var registry = Workflow.CreateRegistry();

        Assert.Equal(registry.Orchestrators.Keys.Order(), FunctionsIn("Runs/Orchestrators.cs").Order());
        Assert.Equal(registry.Activities.Keys.Order(), FunctionsIn("Runs/Activities.cs").Order());
    }

    [Fact]
    public void HttpFunction_Name_SortsAfterEveryOther()
    {
        // The host routes to the first match in order of names, and this one matches everything.
        var names = Directory.EnumerateFiles(Sources, "*.cs", SearchOption.AllDirectories).SelectMany(FunctionsOf).ToList();

        Assert.Equal("ZzHttp", names.Order(StringComparer.OrdinalIgnoreCase).Last());
    }

    [Fact]
    public void Host_Settings_ServeTheRootAndTheQueuesOfTheService()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")));
        var extensions = host.RootElement.GetProperty("extensions");

        Assert.Equal("", extensions.GetProperty("http").GetProperty("routePrefix").GetString());
        Assert.Equal("base64", extensions.GetProperty("queues").GetProperty("messageEncoding").GetString());
        Assert.Equal(Workflow.Version, extensions.GetProperty("durableTask").GetProperty("defaultVersion").GetString());
        Assert.Equal(Workflow.TaskHub, extensions.GetProperty("durableTask").GetProperty("hubName").GetString());
        var polling = extensions.GetProperty("durableTask").GetProperty("storageProvider").GetProperty("maxQueuePollingInterval").GetString()!;
        Assert.InRange(TimeSpan.Parse(polling, CultureInfo.InvariantCulture), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    }

    /// <summary>Messages of a host that was killed are hidden that long; locks are renewed 30 seconds before they lapse.</summary>
    [Theory]
    [InlineData("controlQueueVisibilityTimeout")]
    [InlineData("workItemQueueVisibilityTimeout")]
    public void Host_Killed_StallsItsRunsForAMinuteAtMost(string setting)
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")));
        var storage = host.RootElement.GetProperty("extensions").GetProperty("durableTask").GetProperty("storageProvider");

        var visibility = TimeSpan.Parse(storage.GetProperty(setting).GetString()!, CultureInfo.InvariantCulture);

        Assert.InRange(visibility, TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(60));
    }

    private static IEnumerable<string> FunctionsIn(string file) => FunctionsOf(Path.Combine(Sources, file));

    private static IEnumerable<string> FunctionsOf(string path) =>
        FunctionName().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value);

    [GeneratedRegex("""\[Function\("(\w+)"\)\]""")]
    private static partial Regex FunctionName();
}
