using FineTune.Core.Datasets;
using FineTune.Data.Sources.Delta;
using FineTune.Testing.Tables;

namespace FineTune.Data.Tests.FileSources.Delta;

internal sealed class MemoryTable(DeltaFiles table) : ITableFolder
{
    public const string Folder = "az://datasets/tables/main/ft/t";

    public string Name => "main.ft.t";

    public string Location => Folder;

    public IAsyncEnumerable<DataFile> ListAsync(string path, CancellationToken cancellationToken = default) => table.Files
        .Where(file => path.Length == 0 || file.Key.StartsWith(path + "/", StringComparison.Ordinal))
        .Select(file => new DataFile($"{Location}/{file.Key}", file.Key, file.Value.Length, "1"))
        .ToAsyncEnumerable();

    public Stream Open(DataFile file) => new MemoryStream(table.Files[file.Location[(Location.Length + 1)..]]);
}
