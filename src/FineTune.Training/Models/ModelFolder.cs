using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Training.Safetensors;

namespace FineTune.Training.Models;

/// <summary>
/// A model in Hugging Face's layout: <c>config.json</c>, weights, and the files that go with them (tokenizer, generation settings,
/// licence), which are kept in memory so that a trained model can be saved after its origin is gone.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    /// <summary>Shards are at most 5 GB, as Hugging Face's own.</summary>
    public const long MaxShardBytes = 5_000_000_000;

    private const long MaxCompanionBytes = 100_000_000;
    private static readonly string[] WeightSuffixes = [".safetensors", ".index.json", ".bin", ".pt", ".pth", ".gguf", ".h5", ".msgpack", ".onnx"];
    private static readonly string[] OwnFiles = [LlamaConfig.FileName, "optimizer.safetensors", "training_state.json", "manifest.json"];

    private ModelFolder(string directory)
    {
        Config = LlamaConfig.Read(Path.Combine(directory, LlamaConfig.FileName));
        Companions = ReadCompanions(directory);
        Weights = ShardedWeights.Open(directory);
        try
        {
            CheckComplete(Config, Weights);
        }
        catch
        {
            Weights.Dispose();
            throw;
        }
    }

    public LlamaConfig Config { get; }

    public ShardedWeights Weights { get; }

    /// <summary>Content by file name of everything but configuration and weights.</summary>
    public IReadOnlyDictionary<string, byte[]> Companions { get; }

    /// <summary>Opens a folder and checks that it holds exactly the weights its configuration asks for.</summary>
    /// <exception cref="FaultException">Configuration or weights are wrong; every missing, extra and misshapen tensor is listed.</exception>
    public static ModelFolder Open(string directory)
    {
        if (!File.Exists(Path.Combine(directory, LlamaConfig.FileName)))
        {
            throw new FaultException(Fault.Caller(
                "load_model", "model_config_missing", $"The model folder has no {LlamaConfig.FileName}. Give a Hugging Face model folder."));
        }

        return new ModelFolder(directory);
    }

    /// <summary>Writes a model into the existing, empty <paramref name="directory"/>.</summary>
    public static void Write(
        string directory,
        LlamaConfig config,
        IReadOnlyList<TensorToWrite> weights,
        IReadOnlyDictionary<string, byte[]> companions,
        TensorType type = TensorType.F32,
        long maxShardBytes = MaxShardBytes) =>
        FileContent.Write(Contents(config, weights, companions, type, maxShardBytes), directory);

    /// <summary>The files of a model, made from <paramref name="weights"/> as they are read.</summary>
    public static IReadOnlyList<ArtifactContent> Contents(
        LlamaConfig config,
        IReadOnlyList<TensorToWrite> weights,
        IReadOnlyDictionary<string, byte[]> companions,
        TensorType type = TensorType.F32,
        long maxShardBytes = MaxShardBytes) =>
    [
        ArtifactContent.Of(LlamaConfig.FileName, config.ToJson(type == TensorType.BF16 ? "bfloat16" : "float32")),
        .. ShardedWeights.Contents(weights, type, maxShardBytes),
        .. companions.Select(companion => ArtifactContent.Of(companion.Key, companion.Value)),
    ];

    public void Dispose() => Weights.Dispose();

    private static void CheckComplete(LlamaConfig config, ShardedWeights weights)
    {
        var expected = LlamaWeights.Of(config.Shape).ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        List<string> problems =
        [
            .. expected.Keys.Where(name => !weights.Names.Contains(name)).Select(name => $"'{name}' is missing"),
            .. weights.Names.Where(name => !expected.ContainsKey(name) && !IsRedundant(config, name)).Select(name => $"'{name}' is not part of the model"),
            .. expected.Values.Where(weight => weights.Names.Contains(weight.Name) && !weights.Info(weight.Name).Shape.SequenceEqual(weight.Shape))
                .Select(weight => $"'{weight.Name}' has shape {Text(weights.Info(weight.Name).Shape)} instead of {Text(weight.Shape)}"),
        ];
        if (problems.Count > 0)
        {
            throw new FaultException(Fault.Caller(
                "load_model",
                "model_weights_mismatch",
                $"The weights are not those of {LlamaConfig.FileName}: {string.Join("; ", problems)}. Correct the configuration or the weights."));
        }
    }

    // Old exports store the rotary frequencies, which follow from the configuration, and some store a tied output projection.
    private static bool IsRedundant(LlamaConfig config, string name) =>
        name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal) || (config.TieWordEmbeddings && name == LlamaWeights.Output);

    private static Dictionary<string, byte[]> ReadCompanions(string directory) =>
        new DirectoryInfo(directory).EnumerateFiles()
            .Where(file => !OwnFiles.Contains(file.Name) && file.Length <= MaxCompanionBytes
                && !WeightSuffixes.Any(suffix => file.Name.EndsWith(suffix, StringComparison.Ordinal)))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .ToDictionary(file => file.Name, file => File.ReadAllBytes(file.FullName), StringComparer.Ordinal);

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
