namespace FineTune.Benchmarks;

/// <summary>A directory of a benchmark's own, gone at its end.</summary>
internal sealed class BenchmarkFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("finetune-bench-").FullName;

    public string this[string name] => Path.Combine(path, name);

    public void Dispose() => Directory.Delete(path, recursive: true);
}
