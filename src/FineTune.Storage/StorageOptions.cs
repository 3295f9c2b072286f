using FineTune.Core.Faults;
using Microsoft.Extensions.Configuration;

namespace FineTune.Storage;

/// <summary>
/// Which storage account to use, and as whom: a connection string, or an account by name or service addresses with Microsoft Entra ID.
/// </summary>
public sealed record StorageOptions
{
    private const string Section = "AzureWebJobsStorage";

    public string? ConnectionString { get; init; }

    /// <summary>Account in the public cloud.</summary>
    public string? AccountName { get; init; }

    /// <summary>Address of the blob service; for sovereign clouds and custom domains, together with <see cref="QueueServiceUri"/>.</summary>
    public Uri? BlobServiceUri { get; init; }

    /// <summary>Address of the queue service.</summary>
    public Uri? QueueServiceUri { get; init; }

    /// <summary>Client id of a user-assigned managed identity; null lets the default credential choose.</summary>
    public string? ManagedIdentityClientId { get; init; }

    /// <summary>
    /// Reads the names Azure Functions uses: <c>AzureWebJobsStorage</c> (a connection string), or <c>AzureWebJobsStorage__accountName</c>,
    /// <c>__blobServiceUri</c>, <c>__queueServiceUri</c> and <c>__clientId</c>.
    /// </summary>
    /// <exception cref="FaultException">The configuration is missing, contradictory or malformed.</exception>
    public static StorageOptions FromConfiguration(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        return new StorageOptions
        {
            ConnectionString = TextOf(section.Value),
            AccountName = TextOf(section["accountName"]),
            BlobServiceUri = UriOf(section, "blobServiceUri"),
            QueueServiceUri = UriOf(section, "queueServiceUri"),
            ManagedIdentityClientId = TextOf(section["clientId"]),
        }.Validated();
    }

    /// <summary>These options, if they name exactly one account.</summary>
    /// <exception cref="FaultException">They name none, or more than one.</exception>
    public StorageOptions Validated()
    {
        if ((BlobServiceUri is null) != (QueueServiceUri is null))
        {
            throw Refuse(
                "Storage needs both service addresses: set AzureWebJobsStorage__blobServiceUri and AzureWebJobsStorage__queueServiceUri.");
        }

        string[] given =
        [
            .. ConnectionString is null ? Array.Empty<string>() : ["AzureWebJobsStorage (a connection string)"],
            .. AccountName is null ? Array.Empty<string>() : ["AzureWebJobsStorage__accountName"],
            .. BlobServiceUri is null ? Array.Empty<string>() : ["AzureWebJobsStorage__blobServiceUri and __queueServiceUri"],
        ];
        return given.Length switch
        {
            1 => this,
            0 => throw Refuse(
                "No storage account is configured. Set AzureWebJobsStorage to a connection string, "
                    + "or AzureWebJobsStorage__accountName to use a managed identity."),
            _ => throw Refuse($"The storage account is configured more than once: {string.Join("; ", given)}. Keep one of them."),
        };
    }

    /// <summary>Says which account, never the connection string: it holds the account's key.</summary>
    public override string ToString() =>
        ConnectionString is not null ? "storage by connection string" : $"storage account {AccountName ?? BlobServiceUri?.Host}";

    internal static FaultException Refuse(string message, Exception? inner = null) =>
        new(Fault.Caller("configure_storage", "storage_not_configured", message, Section), inner);

    private static string? TextOf(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    private static Uri? UriOf(IConfigurationSection section, string key)
    {
        var text = TextOf(section[key]);
        if (text is null)
        {
            return null;
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https")
            ? uri
            : throw Refuse($"{Section}__{key} is '{text}', which is not an http or https address.");
    }
}
