using System.Text.Json;

namespace FineTune.Workflows.Uploads;

/// <summary>
/// What the service reads of a storage account's event that a blob was created and, on Azurite, writes. Event Grid delivers it in its
/// own schema or as CloudEvents 1.0, whichever the subscription says.
/// </summary>
/// <param name="Subject"><c>/blobServices/default/containers/{container}/blobs/{name}</c>.</param>
/// <param name="EventType">Its type in Event Grid's schema.</param>
/// <param name="Type">Its type in CloudEvents.</param>
public sealed record BlobCreatedEvent(string Subject, BlobCreatedData Data, string? EventType = null, string? Type = null)
{
    public const string BlobCreated = "Microsoft.Storage.BlobCreated";

    /// <summary>Both schemas' own casing.</summary>
    private static readonly JsonSerializerOptions Wire = new(JsonSerializerDefaults.Web);

    /// <summary>Null when the message is an event of another kind, or none.</summary>
    /// <exception cref="JsonException">The message is not JSON.</exception>
    public static BlobCreatedEvent? Read(string message) =>
        JsonSerializer.Deserialize<BlobCreatedEvent>(message, Wire) is { Subject: not null, Data: { Url: not null, ETag: not null } } created
        && (created.EventType ?? created.Type) == BlobCreated
            ? created
            : null;

    public string ToMessage() => JsonSerializer.Serialize(this, Wire);
}

public sealed record BlobCreatedData(string Url, string ETag);
