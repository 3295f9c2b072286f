using Azure;
using Azure.Core;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace FineTune.Storage;

/// <summary>The two service clients of one account, with the retry policy of this service.</summary>
public sealed class StorageClients
{
    // Eight tries over about 20 s on loopback outlast a restart of the emulator; in Azure the waits are four times as long.
    private const int Retries = 8;

    private readonly DefaultAzureCredential credential;

    /// <exception cref="Core.Faults.FaultException">The options do not name exactly one account.</exception>
    public StorageClients(StorageOptions options)
    {
        options.Validated();
        credential = new DefaultAzureCredential(
            new DefaultAzureCredentialOptions { ManagedIdentityClientId = options.ManagedIdentityClientId });
        if (options.ConnectionString is { } connection)
        {
            try
            {
                Blobs = new BlobServiceClient(connection, Configure(new BlobClientOptions(), connection));
                Queues = new QueueServiceClient(connection, Configure(new QueueClientOptions(), connection));
            }
            catch (FormatException malformed)
            {
                throw StorageOptions.Refuse(
                    "AzureWebJobsStorage is not a storage connection string. Copy it from the account's access keys.", malformed);
            }

            return;
        }

        var blobs = options.BlobServiceUri ?? new Uri($"https://{options.AccountName}.blob.core.windows.net");
        var queues = options.QueueServiceUri ?? new Uri($"https://{options.AccountName}.queue.core.windows.net");
        Blobs = new BlobServiceClient(blobs, credential, Configure(new BlobClientOptions(), blobs.Host));
        Queues = new QueueServiceClient(queues, credential, Configure(new QueueClientOptions(), queues.Host));
    }

    public BlobServiceClient Blobs { get; }

    public QueueServiceClient Queues { get; }

    /// <summary>The blob service of another account.</summary>
    /// <param name="sas">Null for this service's identity.</param>
    public BlobServiceClient ConnectTo(string host, string? sas)
    {
        var (address, options) = (new Uri($"https://{host}"), Configure(new BlobClientOptions(), host));
        return sas is null ? new BlobServiceClient(address, credential, options) : new BlobServiceClient(address, new AzureSasCredential(sas), options);
    }

    internal static TOptions Configure<TOptions>(TOptions options, string address)
        where TOptions : ClientOptions
    {
        var local = address.Contains("127.0.0.1", StringComparison.Ordinal) || address.Contains("localhost", StringComparison.Ordinal);
        options.Retry.Mode = RetryMode.Exponential;
        options.Retry.MaxRetries = Retries;
        options.Retry.Delay = TimeSpan.FromMilliseconds(local ? 100 : 400);
        options.Retry.MaxDelay = TimeSpan.FromSeconds(local ? 5 : 20);
        options.Diagnostics.IsTelemetryEnabled = false;
        return options;
    }
}
