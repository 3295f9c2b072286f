using System.Text.Json;

namespace FineTune.Infra.Tests;

/// <summary>The ARM template of <c>main.bicep</c>, compiled once for all tests of a class.</summary>
public sealed class CompiledTemplate : IAsyncLifetime
{
    public string Text { get; private set; } = "";

    public JsonElement Root { get; private set; }

    /// <summary>What the compiler complained of.</summary>
    public string Diagnostics { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        var (exitCode, output, diagnostics) = await Bicep.RunAsync("build", "main.bicep", "--stdout");
        Assert.True(exitCode == 0, diagnostics);
        (Text, Diagnostics, Root) = (output, diagnostics, JsonDocument.Parse(output).RootElement);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
