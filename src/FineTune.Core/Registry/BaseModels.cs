using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using FineTune.Core.Artifacts;
using FineTune.Core.Faults;
using FineTune.Core.Storage;

namespace FineTune.Core.Registry;

/// <summary>The weights and tokenizer of a base model, as imported.</summary>
/// <param name="Name">E.g. <c>meta-llama/Llama-3.2-1B</c>.</param>
public sealed record BaseModel(string Name, ArtifactRef Artifact, DateTimeOffset Published);

/// <summary>
/// The base models at hand, below <c>base/{org}/{name}/{content id}/</c>, and beside each a pointer to its current content, written last.
/// Names differ in more than case. Content that runs refer to stays when a model is published anew.
/// </summary>
public sealed partial class BaseModels(IBlobStore blobs, TimeProvider time)
{
    private const string Prefix = "base/";
    private const string PointerName = "current.json";
    private const int ContentIdLength = 16;
    private readonly ArtifactStore artifacts = new(blobs);

    /// <summary>Null when the model was never published completely.</summary>
    public Task<BaseModel?> FindAsync(string modelName, CancellationToken cancellationToken = default) =>
        Name().IsMatch(modelName)
            ? blobs.ReadJsonAsync<BaseModel>(Folder(modelName) / PointerName, cancellationToken)
            : Task.FromResult<BaseModel?>(null);

    /// <summary>Uploads every file below <paramref name="directory"/> and makes it the current content of the model.</summary>
    /// <exception cref="FaultException">The name is not <c>organisation/model</c>.</exception>
    public async Task<BaseModel> PublishAsync(string directory, string modelName, CancellationToken cancellationToken = default)
    {
        if (!Name().IsMatch(modelName))
        {
            throw new FaultException(Fault.Caller(
                "import_model",
                "model_name_invalid",
                $"'{modelName}' is not a model name. Write it as organisation/model, e.g. meta-llama/Llama-3.2-1B-Instruct.",
                "model"));
        }

        var folder = Folder(modelName);
        var content = folder / await ContentIdAsync(directory, cancellationToken);
        var artifact = await artifacts.PublishAsync(
            directory, content, "model", new Dictionary<string, string> { ["base_model"] = modelName }, cancellationToken);
        var model = new BaseModel(modelName, artifact, time.GetUtcNow());
        await blobs.WriteJsonAsync(folder / PointerName, model, cancellationToken);
        return model;
    }

    /// <summary>Every model that was published completely, in name order.</summary>
    public async Task<IReadOnlyList<BaseModel>> ListAsync(CancellationToken cancellationToken = default)
    {
        var models = new List<BaseModel>();
        await foreach (var blob in blobs.ListAsync(Containers.Models, Prefix, cancellationToken))
        {
            if (blob.Path.Name.Split('/') is [_, _, _, PointerName]
                && await blobs.ReadJsonAsync<BaseModel>(blob.Path, cancellationToken) is { } model)
            {
                models.Add(model);
            }
        }

        return [.. models.OrderBy(model => model.Name, StringComparer.OrdinalIgnoreCase)];
    }

    private static BlobPath Folder(string modelName) => new(Containers.Models, Prefix + modelName.ToLowerInvariant());

    /// <summary>The same files under the same names, the same id.</summary>
    private static async Task<string> ContentIdAsync(string directory, CancellationToken cancellationToken)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            await using var file = File.OpenRead(path);
            var name = Path.GetRelativePath(directory, path).Replace('\\', '/');
            all.AppendData(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
            all.AppendData(await SHA256.HashDataAsync(file, cancellationToken));
        }

        return Convert.ToHexStringLower(all.GetHashAndReset())[..ContentIdLength];
    }

    [GeneratedRegex("^[A-Za-z0-9_][A-Za-z0-9._-]{0,95}/[A-Za-z0-9_][A-Za-z0-9._-]{0,95}$")]
    private static partial Regex Name();
}
