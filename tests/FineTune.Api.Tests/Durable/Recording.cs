namespace FineTune.Api.Tests.Durable;

/// <summary>What was recorded with the real host, see <c>Recordings/README.md</c>.</summary>
internal static class Recording
{
    public static Task<string> TextAsync(string name) => File.ReadAllTextAsync(
        Path.Combine(AppContext.BaseDirectory, "Recordings", name + ".json"), TestContext.Current.CancellationToken);
}
