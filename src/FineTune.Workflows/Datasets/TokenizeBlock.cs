using System.Security.Cryptography;
using System.Text.Json.Serialization;
using FineTune.Core.Artifacts;
using FineTune.Core.Datasets;
using FineTune.Core.Faults;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Core.Storage;
using FineTune.Core.Telemetry;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Sources;
using FineTune.Data.Tokens;

namespace FineTune.Workflows.Datasets;

/// <param name="Date">For chat templates that state it.</param>
/// <param name="ChatTemplate">The catalogue's for the model, used where its tokenizer has none.</param>
public sealed record TokenizeBlockInput(
    BlobPath Folder, int Block, TaskType TaskType, DateOnly Date, ArtifactRef Model, int ContextLength, string? TraceParent = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? ChatTemplate = null) : ITraced;

/// <param name="Sequences">How many the block gave.</param>
public sealed record TokenizedBlock(int Block, long Sequences);

/// <summary>Tokenizes one block into shards of its own. Same block, same bytes, so it may be repeated and shared by runs.</summary>
public sealed class TokenizeBlock(IBlobStore blobs, DataStores stores, RunTokenizers tokenizers, WorkflowOptions options)
{
    public Task<Outcome<TokenizedBlock>> RunAsync(TokenizeBlockInput input) => Outcome.CatchAsync(async () =>
    {
        var result = await TokenSetBlocks.ReadResultAsync(blobs, input.Folder, input.Block) ?? await EncodeAsync(input);
        return new TokenizedBlock(input.Block, result.Summary.Sequences);
    });

    private async Task<TokenBlockResult> EncodeAsync(TokenizeBlockInput input)
    {
        var block = (await TokenSetBlocks.ReadAsync(blobs, input.Folder))[input.Block];
        var tokenizer = await tokenizers.LoadAsync(input.Model);
        var template = input.TaskType == TaskType.ChatCompletion ? ChatTemplate.For(tokenizer, input.Date, ModelCatalogue.ChatTemplateText(input.ChatTemplate)) : null;
        var encoder = new ExampleEncoder(tokenizer, template, input.ContextLength);
        var ranges = block.Ranges.Select(range => new OpenRange(range, stores)).ToList();
        using var work = new WorkFolder(options);
        using var writer = new TokenShardWriter(work.Path, tokenizer.VocabularySize, prefix: TokenBlocks.ShardPrefix(input.Block));
        TokenizationSummary summary;
        try
        {
            summary = await Tokenization.EncodeAsync([.. ranges.Select(range => range.Source)], encoder, input.TaskType, writer);
        }
        catch (DataAccessException denied)
        {
            throw new FaultException(denied.ToFault(Tokenization.Phase, "train_data_path"), denied);
        }
        catch (FaultException refused) when (refused.Fault is { File: { } file, Line: { } line })
        {
            // The reader counts from where its part of the file begins.
            var before = await LinesBeforeAsync(block.Ranges.First(range => range.File.Name == file));
            throw new FaultException(refused.Fault with { Line = line + before }, refused);
        }

        var index = writer.Complete();
        var files = new List<ArtifactFile>();
        foreach (var shard in index.Shards)
        {
            files.Add(await UploadAsync(work.Path, input.Folder, shard.Name));
        }

        var result = new TokenBlockResult(index.Shards, files, [.. ranges.Select(range => range.Lines)], summary);
        await blobs.TryCreateJsonAsync(input.Folder / TokenBlocks.ResultFile(input.Block), result);
        return result;
    }

    private async Task<ArtifactFile> UploadAsync(string directory, BlobPath folder, string name)
    {
        await using var content = File.OpenRead(Path.Combine(directory, name));
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(content));
        content.Position = 0;
        await blobs.WriteAsync(folder / name, content);
        return new ArtifactFile(name, content.Length, hash);
    }

    private async Task<long> LinesBeforeAsync(TokenRange range)
    {
        if (range.Start == 0)
        {
            return 0;
        }

        await using var lines = new LineRangeStream(await stores.OpenReadAsync(range.File), 0, range.Start, OpenRange.IsText(range.File));
        await lines.CopyToAsync(Stream.Null);
        return lines.Lines;
    }

    /// <summary>A range as a source, with the lines read of it.</summary>
    private sealed class OpenRange(TokenRange range, DataStores stores)
    {
        private Func<long> lines = () => 0;

        public DatasetSource Source => range is { Start: 0, End: null }
            ? DataSources.Open(stores, [range.File])[0]
            : new(range.File.Name, OpenAsync) { StartsMidway = range.Start > 0, EndsMidway = range.End is not null };

        /// <summary>Nobody asks for those of a whole file.</summary>
        public long Lines => lines();

        public static bool IsText(DataFile file) => FileFormat.Of(file.Name).Records == RecordFormat.Text;

        private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
        {
            var inner = await stores.OpenReadAsync(range.File, Math.Max(0, range.Start - 1), cancellationToken);
            var stream = new LineRangeStream(inner, range.Start, range.End, IsText(range.File));
            lines = () => stream.Lines;
            return stream;
        }
    }
}
