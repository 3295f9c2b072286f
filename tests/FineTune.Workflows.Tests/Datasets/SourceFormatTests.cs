using System.IO.Compression;
using System.Text;
using System.Text.Json;
using FineTune.Core.Artifacts;
using FineTune.Core.Epochs;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Data.Tokens;
using FineTune.Data.Validation;
using FineTune.Testing;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Runs;

namespace FineTune.Workflows.Tests.Datasets;

/// <summary>The same records in every format are the same training data.</summary>
public sealed class SourceFormatTests
{
    private static readonly (string Prompt, string Response)[] Records =
        [.. Enumerable.Range(0, 60).Select(i => ($"Say, \"{i}\",\r\nplease:", $"{i} \u00e9\u4e2d\ud83d\ude00\t\\ [{{}}]"))];

    [Fact]
    public async Task Run_SameRecordsInEveryFormat_ValidatesAndGivesTheSameTokens()
    {
        await using var host = await WorkflowHost.StartAsync(configure: options => options with { TokenBlockBytes = 1000 });
        using var folder = new TemporaryFolder();
        var lines = Lines(record => JsonSerializer.Serialize(record));
        var list = $"[{string.Join(",", Records.Select(record => JsonSerializer.Serialize(Named(record), WireJson.Indented)))}\n]";
        var table = "prompt,completion\r\n" + string.Concat(Records.Select(record => $"{Quoted(record.Prompt)},{Quoted(record.Response)}\r\n"));
        var contents = new Dictionary<string, byte[]>
        {
            ["lines.jsonl"] = Utf8(lines),
            ["lines.json"] = Utf8(lines),
            ["list.json"] = Utf8(list),
            ["table.csv"] = Utf8("\uFEFF" + table),
            ["lines.ndjson.gz"] = Compress(lines, isGzip: true),
            ["lines.jsonl.zst"] = Compress(lines, isGzip: false),
            ["list.json.gz"] = Compress(list, isGzip: true),
            ["table.csv.zst"] = Compress(table, isGzip: false),
        };
        var tokens = new Dictionary<string, List<string>>();
        foreach (var (name, content) in contents)
        {
            await host.UploadAsync(name, content);
            tokens[name] = await TokensAsync(host, folder, $"/Volumes/{name}");
        }

        await host.UploadAsync("parts/a.jsonl.gz", Compress(Lines(record => JsonSerializer.Serialize(record), ..20), isGzip: true));
        await host.UploadAsync("parts/b/b.csv", "prompt,completion\r\n" + string.Concat(Records[20..40].Select(record => $"{Quoted(record.Prompt)},{Quoted(record.Response)}\r\n")));
        await host.UploadAsync("parts/c.json", $"[{string.Join(", ", Records[40..].Select(record => JsonSerializer.Serialize(Named(record))))}]");
        tokens["parts"] = await TokensAsync(host, folder, "az://datasets/parts");
        tokens["pattern"] = await TokensAsync(host, folder, "dbfs:/Volumes/parts/**/*.{csv,json,jsonl.gz}");

        Assert.Equal(Records.Length, tokens["lines.jsonl"].Count);
        Assert.All(tokens, same => Assert.Equal(tokens["lines.jsonl"], same.Value));
    }

    [Fact]
    public async Task Run_FolderWithOtherFiles_WarnsOfThemAndOfUnreadableOnesFails()
    {
        await using var host = await WorkflowHost.StartAsync();
        await host.UploadAsync("mixed/a.jsonl", Lines(record => JsonSerializer.Serialize(record)));
        await host.UploadAsync("mixed/notes.md", "notes");
        await host.UploadAsync("cut/b.jsonl.gz", Compress(Lines(record => JsonSerializer.Serialize(record)), isGzip: true)[..^9]);

        var mixed = await CreateAsync(host, "/Volumes/mixed");
        var cut = await CreateAsync(host, "/Volumes/cut");

        var report = (await host.Blobs.ReadJsonAsync<ValidationReports>(new RunPaths(mixed.Id).ValidationReport))!.Train;
        Assert.Equal(("left_out_file", "mixed/notes.md"), Assert.Single(report.Problems.Select(problem => (problem.Code, problem.File))));
        Assert.Equal(1, report.Files);
        Assert.Equal(("truncated_file", "cut/b.jsonl.gz"), (cut.Fault!.Code, cut.Fault.File));
    }

    private static async Task<RunView> CreateAsync(WorkflowHost host, string path)
    {
        var (run, faults) = await host.Runs.CreateAsync(host.Client, new RunRequest(
            WorkflowHost.Model, path, "main.demo.pairs", TaskType.InstructionFinetune, ContextLength: 128, Seed: 1));
        Assert.Empty(faults);
        await host.SettleAsync();
        return await host.GetAsync(run!.Id);
    }

    private static async Task<List<string>> TokensAsync(WorkflowHost host, TemporaryFolder folder, string path)
    {
        var run = await CreateAsync(host, path);
        Assert.True(run.Fault is null, $"{path}: {run.Fault?.Message}");
        var job = (await host.TakeJobAsync())!;
        await host.Get<ArtifactStore>().DownloadAsync(job.TrainTokens, folder[$"{run.Id}/x"][..^2]);
        using var tokens = TokenShardSource.Open($"{folder.Root}/{run.Id}");
        return
        [
            .. Enumerable.Range(0, (int)tokens.Count).Select(index => tokens.Read(index))
                .Select(sequence => string.Join(' ', sequence.Tokens.ToArray()) + "|" + sequence.TrainedCount),
        ];
    }

    private static object Named((string Prompt, string Response) record) => new { prompt = record.Prompt, response = record.Response };

    private static string Lines(Func<object, string> write, Range? part = null) =>
        string.Concat(Records[part ?? ..].Select(record => write(Named(record)) + "\n"));

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Compress(string text, bool isGzip)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = isGzip ? new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true) : new ZstdSharp.CompressionStream(compressed, leaveOpen: true))
        {
            stream.Write(Utf8(text));
        }

        return compressed.ToArray();
    }
}
