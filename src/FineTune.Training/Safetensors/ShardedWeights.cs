using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using FineTune.Core.Artifacts;

namespace FineTune.Training.Safetensors;

/// <summary>The weights in a Hugging Face folder: <c>model.safetensors</c>, or shards named by <c>model.safetensors.index.json</c>.</summary>
public sealed class ShardedWeights : IDisposable
{
    public const string SingleFileName = "model.safetensors";
    public const string IndexFileName = "model.safetensors.index.json";

    private readonly List<SafetensorsReader> readers = [];
    private readonly Dictionary<string, (SafetensorsReader Reader, TensorInfo Info)> tensors = new(StringComparer.Ordinal);

    private ShardedWeights()
    {
    }

    public IReadOnlyCollection<string> Names => tensors.Keys;

    /// <summary>Opens the weights of <paramref name="directory"/>; an index is preferred, and must agree with its shards.</summary>
    public static ShardedWeights Open(string directory)
    {
        var weights = new ShardedWeights();
        try
        {
            var index = Path.Combine(directory, IndexFileName);
            if (File.Exists(index))
            {
                weights.AddShards(directory, index);
            }
            else if (File.Exists(Path.Combine(directory, SingleFileName)))
            {
                weights.AddFile(Path.Combine(directory, SingleFileName));
            }
            else
            {
                throw SafetensorsError.InvalidIndex.At(
                    Path.Combine(directory, SingleFileName), $"neither this file nor {IndexFileName} is in the model folder.");
            }

            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Shards of at most <paramref name="maxShardBytes"/> (one tensor at least), with an index if there are several.</summary>
    public static IReadOnlyList<ArtifactContent> Contents(IReadOnlyList<TensorToWrite> tensors, TensorType type, long maxShardBytes)
    {
        var shards = new List<List<TensorToWrite>> { new() };
        var size = 0L;
        foreach (var tensor in tensors)
        {
            var bytes = tensor.Count * (tensor.Type ?? type).Size();
            if (size + bytes > maxShardBytes && shards[^1].Count > 0)
            {
                shards.Add([]);
                size = 0;
            }

            shards[^1].Add(tensor);
            size += bytes;
        }

        if (shards.Count == 1)
        {
            return [new(SingleFileName, () => new SafetensorsStream(tensors, type))];
        }

        var contents = new List<ArtifactContent>();
        var map = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (i, shard) in shards.Index())
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors");
            contents.Add(new(name, () => new SafetensorsStream(shard, type)));
            shard.ForEach(tensor => map.Add(tensor.Name, name));
        }

        var index = new ShardIndex(new JsonObject { ["total_size"] = tensors.Sum(tensor => tensor.Count * (tensor.Type ?? type).Size()) }, map);
        contents.Add(ArtifactContent.Of(IndexFileName, [.. JsonSerializer.SerializeToUtf8Bytes(index, Core.Json.WireJson.Indented), (byte)'\n']));
        return contents;
    }

    public TensorInfo Info(string name) => tensors[name].Info;

    /// <summary>Reads elements <paramref name="first"/> … of a tensor as single precision; one that is no number is refused.</summary>
    public void Read(string name, long first, Span<float> destination) => tensors[name].Reader.ReadFinite(name, first, destination);

    public void Dispose() => readers.ForEach(reader => reader.Dispose());

    private void AddShards(string directory, string index)
    {
        var map = ReadIndex(index);
        foreach (var file in map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(directory, file);
            if (file != Path.GetFileName(file) || !File.Exists(path))
            {
                throw SafetensorsError.InvalidIndex.At(index, $"the shard '{file}' is not a file of the model folder.");
            }

            AddFile(path);
        }

        foreach (var (name, file) in map)
        {
            if (!tensors.ContainsKey(name))
            {
                throw SafetensorsError.InvalidIndex.At(index, $"'{name}' is not in '{file}'.");
            }
        }
    }

    private static IReadOnlyDictionary<string, string> ReadIndex(string index)
    {
        try
        {
            var map = JsonSerializer.Deserialize<ShardIndex>(File.ReadAllText(index), Core.Json.WireJson.Options)?.WeightMap;
            return map ?? throw SafetensorsError.InvalidIndex.At(index, "it has no weight_map.");
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            throw SafetensorsError.InvalidIndex.At(index, $"it is malformed: {malformed.Message}", malformed);
        }
    }

    private void AddFile(string file)
    {
        var reader = SafetensorsReader.Open(file);
        readers.Add(reader);
        foreach (var info in reader.Header.Tensors)
        {
            if (!tensors.TryAdd(info.Name, (reader, info)))
            {
                throw SafetensorsError.DuplicateName.At(file, $"'{info.Name}' is in another shard too.");
            }
        }
    }

    private sealed record ShardIndex(JsonNode? Metadata, IReadOnlyDictionary<string, string>? WeightMap);
}
