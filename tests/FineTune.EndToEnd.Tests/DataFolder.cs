namespace FineTune.EndToEnd.Tests;

/// <summary>A folder that is gone after the test.</summary>
public sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("finetune-e2e-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
