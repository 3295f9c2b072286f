using System.Text.Json;
using FineTune.Core.Artifacts;
using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Data.Tokens;
using FineTune.Storage.Hub;
using FineTune.Testing;
using FineTune.Testing.Hub;
using FineTune.Testing.Storage;
using FineTune.Testing.Tables;
using FineTune.Testing.Workflows;
using FineTune.Workflows.Datasets;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Workflows.Tests.Datasets;

/// <summary>Runs on tables and on data sets of the hub.</summary>
public sealed class TableSourcesTests
{
    private static readonly string[] Columns = ["prompt", "response"];

    /// <summary>Validated, divided and tokenized by the activities of a run.</summary>
    [Fact]
    public async Task Run_SameRecordsFromAnySource_GivesTheSameTokens()
    {
        var lines = string.Join('\n', Enumerable.Range(0, 60).Select(i => JsonSerializer.Serialize(new { prompt = $"Say {i}:\n\"ü\"", response = $"{i} €" })));
        var parquet = await ParquetFiles.OfLinesAsync<PairRow>(lines, rowGroupSize: 25);
        await using var hub = await StubHub.StartAsync();
        hub.Files["default/train/0000.parquet"] = parquet;
        await using var host = await WorkflowHost.StartAsync(add: services => services.AddSingleton<IDataStore>(new HubDataStore(new HubOptions { Endpoint = hub.Endpoint }, TimeProvider.System)));
        await host.UploadAsync("a.jsonl", lines);
        await host.Blobs.WriteAsync(new BlobPath(Containers.Datasets, "a.parquet"), new MemoryStream(parquet), TestContext.Current.CancellationToken);
        var table = DeltaFiles.Of(Columns, [0], parquet);
        await table.Commit(1, DeltaFiles.Remove("part-0.parquet")).SaveAsync(host.Blobs, new BlobPath(Containers.Datasets, "tables/main/ft/pairs"));
        using var folder = new TemporaryFolder();

        var expected = await TokensAsync(host, "az://datasets/a.jsonl", folder);

        Assert.Equal(60, expected.Count);
        foreach (var path in new[] { "az://datasets/a.parquet", "main.ft.pairs", "az://datasets/tables/main/ft/pairs/", "hf://datasets/acme/pairs/train", "acme/pairs/train" })
        {
            Assert.Equal(expected, await TokensAsync(host, path, folder));
        }
    }

    [Fact]
    public async Task Find_TableByItsName_PinsTheVersionItHasThen()
    {
        var blobs = new InMemoryBlobStore();
        var folder = new BlobPath(Containers.Datasets, "elsewhere/main/ft/my-table");
        var table = DeltaFiles.Of(Columns, [1], [2]);
        await table.SaveAsync(blobs, folder);

        var found = await FindAsync(blobs, "main.ft.`my-table`", "az://datasets/elsewhere/");
        table.Commit(1, DeltaFiles.Remove("part-0.parquet"));
        await table.SaveAsync(blobs, folder);

        Assert.Equal(["main.ft.`my-table`@v0/part-0.parquet", "main.ft.`my-table`@v0/part-1.parquet"], found.Files.Select(file => file.Name));
        Assert.Equal(["main.ft.`my-table`@v1/part-1.parquet"], (await FindAsync(blobs, "main.ft.`my-table`", "az://datasets/elsewhere")).Files.Select(file => file.Name));
    }

    [Theory]
    [InlineData("main.ft.none", "data_not_found", "There is no table 'main.ft.none': az://datasets/tables/main/ft/none has no _delta_log")]
    [InlineData("az://datasets/tables/main/ft", "data_path_invalid", "has a Delta table in it, 'bad'")]
    [InlineData("main.ft.empty", "data_not_found", "is empty at version 1")]
    [InlineData("main.ft.bad", "delta_table_damaged", "isn't valid JSON")]
    [InlineData("nowhere", "data_path_invalid", "catalog.schema.table, or hf://datasets/entity/name/split")]
    public async Task Find_WhatIsNoTable_SaysWhatIsWrong(string path, string code, string text)
    {
        var blobs = new InMemoryBlobStore();
        var tables = new BlobPath(Containers.Datasets, "tables/main/ft");
        await DeltaFiles.Of(Columns, [1]).SaveAsync(blobs, tables / "pairs");
        if (path == "main.ft.empty")
        {
            await DeltaFiles.Of(Columns, [1]).Commit(1, DeltaFiles.Remove("part-0.parquet")).SaveAsync(blobs, tables / "empty");
        }

        await DeltaFiles.Of(Columns).Commit(1, "{").SaveAsync(blobs, tables / "bad");

        var refused = await Assert.ThrowsAsync<FaultException>(() => FindAsync(blobs, path));

        Assert.Equal((code, "train_data_path", FaultAttribution.Caller), (refused.Fault.Code, refused.Fault.Field, refused.Fault.Attribution));
        Assert.Contains(text, refused.Fault.Message, StringComparison.Ordinal);
    }

    private static Task<LocatedData> FindAsync(InMemoryBlobStore blobs, string path, string? tables = null) =>
        new DatasetLocator(new DataStores([new BlobDataStore(blobs)]), new WorkflowOptions { TablesPath = tables ?? DataPath.DefaultTables })
            .FindAsync(path, TaskType.InstructionFinetune, "validate_data", "train_data_path");

    private static async Task<List<string>> TokensAsync(WorkflowHost host, string path, TemporaryFolder folder)
    {
        var (run, faults) = await host.Runs.CreateAsync(host.Client, new RunRequest(WorkflowHost.Model, path, "main.demo.pairs", TaskType.InstructionFinetune));
        Assert.Empty(faults);
        var job = await host.TakeJobAsync() ?? throw new InvalidOperationException($"{path}: {(await host.GetAsync(run!.Id)).Fault?.Message}");
        var name = $"{Guid.NewGuid():N}";
        await host.Get<ArtifactStore>().DownloadAsync(job.TrainTokens, folder[$"{name}/x"][..^2]);
        using var tokens = TokenShardSource.Open($"{folder.Root}/{name}");
        return [.. Enumerable.Range(0, (int)tokens.Count).Select(index => string.Join(' ', tokens.Read(index).Tokens))];
    }
}
