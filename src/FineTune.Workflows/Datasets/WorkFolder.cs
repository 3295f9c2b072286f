namespace FineTune.Workflows.Datasets;

/// <summary>A scratch folder of one activity.</summary>
internal sealed class WorkFolder(WorkflowOptions options) : IDisposable
{
    public string Path { get; } = Directory.CreateDirectory(System.IO.Path.Combine(options.WorkDirectory, Guid.NewGuid().ToString("N"))).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
