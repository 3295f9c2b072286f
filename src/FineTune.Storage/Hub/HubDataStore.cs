using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FineTune.Core.Datasets;

namespace FineTune.Storage.Hub;

/// <summary>
/// Data sets of the Hugging Face hub: <c>hf://datasets/entity/name[/config]/split</c>. Read is the Parquet version that the hub keeps of each
/// data set on the branch <c>refs/convert/parquet</c>, at the commit that is the newest when the split is looked up.
/// </summary>
public sealed class HubDataStore : IDataStore, IDisposable
{
    private const string Branch = "refs%2Fconvert%2Fparquet";
    private const string Partial = "partial-";
    private const int MaximumPages = 1000;

    private readonly HubOptions options;
    private readonly HttpMessageInvoker http;
    private readonly HubClient client;

    public HubDataStore(HubOptions options, TimeProvider clock)
    {
        this.options = options;
        http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        });
        client = new HubClient(http, options, clock);
    }

    public bool MayHoldTables => false;

    public bool Handles(string location) => location.StartsWith(HubAddress.Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>A split is a folder, so there is a file only at addresses that <see cref="ListAsync"/> gave.</summary>
    public Task<DataFile?> FindAsync(string location, CancellationToken cancellationToken = default) => Task.FromResult<DataFile?>(null);

    public async IAsyncEnumerable<DataFile> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!HubAddress.TryParse(folder, out var address) || address.Path.Split('/') is not { Length: 1 or 2 } parts || address.Path.Length == 0)
        {
            throw new DataAccessException("data_path_invalid", $"'{folder}' names no split. Write hf://datasets/entity/name/split, or …/name/config/split.");
        }

        var commit = address.Revision ?? await ReadCommitAsync(address.DataSet, cancellationToken);
        var pinned = address with { Revision = commit };
        var config = parts.Length == 2 ? parts[0] : await ChooseConfigAsync(pinned, cancellationToken);
        var split = parts[^1];
        await CheckSplitAsync(pinned, config, split, cancellationToken);
        await foreach (var (path, file) in ListFolderAsync(pinned, $"{config}/{split}", cancellationToken))
        {
            if (file["type"]?.GetValue<string>() == "file" && path.EndsWith(".parquet", StringComparison.OrdinalIgnoreCase))
            {
                var hash = (file["lfs"]?["oid"] ?? file["oid"])?.GetValue<string>() ?? commit;
                var length = (file["lfs"]?["size"] ?? file["size"])!.GetValue<long>();
                yield return new DataFile((pinned with { Path = path }).ToString(), $"{address.DataSet}/{path}", length, hash);
            }
        }
    }

    public async Task<Stream> OpenReadAsync(DataFile file, long offset = 0, CancellationToken cancellationToken = default)
    {
        if (!HubAddress.TryParse(file.Location, out var address) || address.Revision is null)
        {
            throw new DataAccessException("data_path_invalid", $"{file.Location} is no file of a data set at a revision.");
        }

        var uri = new Uri(options.Endpoint, $"/datasets/{address.DataSet}/resolve/{address.Revision}/{Escape(address.Path)}");
        var stream = new HubFileStream(OpenAsync, offset, file.Length);
        await stream.BeginAsync(cancellationToken);
        return stream;

        async Task<Stream> OpenAsync(long from, CancellationToken cancellation)
        {
            var response = await client.GetAsync(uri, address.DataSet, file.Location, from, cancellation);
            var begins = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From : 0;
            if (begins == from)
            {
                return await client.BodyAsync(response, cancellation);
            }

            response.Dispose();
            throw new HttpRequestException($"The hub doesn't give {file.Location} from byte {from} on.");
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<string> ReadCommitAsync(string dataSet, CancellationToken cancellationToken)
    {
        var answer = await ReadJsonAsync($"/api/datasets/{dataSet}/revision/{Branch}", dataSet, HubAddress.Scheme + dataSet, cancellationToken);
        return answer.Json["sha"]?.GetValue<string>() is { Length: > 0 } commit && commit.All(char.IsAsciiLetterOrDigit) ? commit : throw Unexpected(dataSet);
    }

    private async Task<string> ChooseConfigAsync(HubAddress dataSet, CancellationToken cancellationToken)
    {
        var configs = await NamesAsync(dataSet, "", cancellationToken);
        return configs.Count == 1 ? configs[0]
            : configs.Contains("default", StringComparer.Ordinal) ? "default"
            : throw new DataAccessException(
                "data_path_invalid", $"hf://datasets/{dataSet.DataSet} has several configs: {List(configs)}. Write hf://datasets/{dataSet.DataSet}/config/split.");
    }

    private async Task CheckSplitAsync(HubAddress dataSet, string config, string split, CancellationToken cancellationToken)
    {
        var splits = await NamesAsync(dataSet, config, cancellationToken);
        if (splits.Contains(split, StringComparer.Ordinal))
        {
            return;
        }

        throw splits.Contains(Partial + split, StringComparer.Ordinal)
            ? new DataAccessException(
                "data_incomplete",
                $"The hub's Parquet version has only a part of the split '{split}'. Name '{Partial}{split}' to train on that part, or download the data set and upload it.")
            : new DataAccessException(
                "data_not_found", $"hf://datasets/{dataSet.DataSet} has no split '{split}' in config '{config}'; there are: {List(splits)}. Write hf://datasets/{dataSet.DataSet}/{config}/split.");
    }

    /// <summary>Folders of a folder.</summary>
    private async Task<List<string>> NamesAsync(HubAddress dataSet, string folder, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        await foreach (var (path, entry) in ListFolderAsync(dataSet, folder, cancellationToken))
        {
            if (entry["type"]?.GetValue<string>() == "directory")
            {
                names.Add(path[(path.LastIndexOf('/') + 1)..]);
            }
        }

        return names;
    }

    private async IAsyncEnumerable<(string Path, JsonNode Entry)> ListFolderAsync(
        HubAddress dataSet, string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var target = (dataSet with { Revision = null, Path = folder }).ToString();
        string? page = $"/api/datasets/{dataSet.DataSet}/tree/{dataSet.Revision}{(folder.Length == 0 ? "" : "/" + Escape(folder))}";
        for (var pages = 0; page is not null && pages < MaximumPages; pages++)
        {
            var (json, next) = await ReadJsonAsync(page, dataSet.DataSet, target, cancellationToken);
            foreach (var entry in json as JsonArray ?? throw Unexpected(dataSet.DataSet))
            {
                if (entry?["path"]?.GetValue<string>() is not { } path || path.Split('/').Any(part => part is "" or "." or ".."))
                {
                    throw Unexpected(dataSet.DataSet);
                }

                yield return (path, entry);
            }

            page = next;
        }
    }

    private async Task<(JsonNode Json, string? Next)> ReadJsonAsync(string path, string dataSet, string target, CancellationToken cancellationToken)
    {
        var response = await client.GetAsync(new Uri(options.Endpoint, path), dataSet, target, from: null, cancellationToken);
        await using var content = await client.BodyAsync(response, cancellationToken);
        try
        {
            var json = await JsonNode.ParseAsync(content, cancellationToken: cancellationToken) ?? throw Unexpected(dataSet);
            return (json, response.Headers.TryGetValues("Link", out var links) ? NextPage(string.Join(',', links)) : null);
        }
        catch (JsonException broken)
        {
            throw Unexpected(dataSet, broken);
        }
    }

    /// <summary>Path and query of <c>&lt;…&gt;; rel="next"</c>; asked of the hub, wherever the link points to.</summary>
    private static string? NextPage(string links)
    {
        var end = links.IndexOf(">; rel=\"next\"", StringComparison.Ordinal);
        var start = end < 0 ? -1 : links.LastIndexOf('<', end);
        return start >= 0 && Uri.TryCreate(links[(start + 1)..end], UriKind.Absolute, out var uri) ? uri.PathAndQuery : null;
    }

    private static string Escape(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    private static string List(List<string> names) => names.Count == 0 ? "none" : string.Join(", ", names.Take(20)) + (names.Count > 20 ? ", …" : "");

    private static DataAccessException Unexpected(string dataSet, Exception? inner = null) =>
        new("data_access_denied", $"The hub's answer about {dataSet} can't be understood. Check HF_ENDPOINT, or download the data set and upload it.", inner);
}
