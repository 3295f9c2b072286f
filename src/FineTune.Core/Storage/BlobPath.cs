using System.Text.Json.Serialization;

namespace FineTune.Core.Storage;

/// <summary>Where a blob lies: container and name, written <c>az://container/name</c>.</summary>
public readonly record struct BlobPath(string Container, string Name)
{
    private const string Scheme = "az://";

    [JsonIgnore]
    public string FileName => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>A blob below this one, as if this were a folder.</summary>
    public static BlobPath operator /(BlobPath folder, string child) =>
        folder with { Name = folder.Name.Length == 0 ? child : $"{folder.Name.TrimEnd('/')}/{child}" };

    public static BlobPath Divide(BlobPath left, string right) => left / right;

    /// <summary>Reads <c>az://container/name</c>; false for anything else.</summary>
    public static bool TryParse(string? text, out BlobPath path)
    {
        path = default;
        if (text is null || !text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var rest = text[Scheme.Length..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var container = slash < 0 ? rest : rest[..slash];
        if (container.Length == 0)
        {
            return false;
        }

        path = new BlobPath(container, slash < 0 ? "" : rest[(slash + 1)..]);
        return true;
    }

    public override string ToString() => $"{Scheme}{Container}/{Name}";
}

/// <summary>The containers of the service.</summary>
public static class Containers
{
    /// <summary>What users upload; watched for event-triggered runs.</summary>
    public const string Datasets = "datasets";

    /// <summary>Everything a run makes, below <c>{run id}/</c>.</summary>
    public const string Runs = "runs";

    /// <summary>Base models below <c>base/</c>, registered versions below <c>registered/</c>.</summary>
    public const string Models = "models";

    /// <summary>Tokenized data by its content, shared by the runs that train on it.</summary>
    public const string Tokens = "tokens";

    public static IReadOnlyList<string> All { get; } = [Datasets, Runs, Models, Tokens];
}

/// <summary>The storage queues of the service.</summary>
public static class Queues
{
    /// <summary><see cref="Epochs.EpochJob"/>s for trainers.</summary>
    public const string TrainEpoch = "train-epoch";

    /// <summary>Jobs no trainer could finish; reported as failed before they are moved here.</summary>
    public const string TrainEpochPoison = "train-epoch-poison";

    /// <summary><see cref="Epochs.EpochResult"/>s for the workflow.</summary>
    public const string EpochResults = "epoch-results";

    /// <summary>Blob-created events, in Event Grid's schema.</summary>
    public const string Uploads = "uploads";

    public static IReadOnlyList<string> All { get; } = [TrainEpoch, TrainEpochPoison, EpochResults, Uploads];
}
