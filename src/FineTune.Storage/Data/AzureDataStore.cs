using System.Runtime.CompilerServices;
using Azure;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using FineTune.Core.Datasets;
using FineTune.Core.Storage;

namespace FineTune.Storage.Data;

/// <summary>
/// Data in Azure storage accounts: in the service's own, which <c>az://</c> paths reach, too, and in others by the service's identity or a SAS.
/// </summary>
/// <param name="own">The service's account.</param>
/// <param name="connect">Another account's client: by its host and a SAS, or by identity when that is null.</param>
public sealed class AzureDataStore(BlobServiceClient own, SasSeal seal, Func<string, string?, BlobServiceClient> connect) : IDataStore
{
    private const string DirectoryMark = "hdi_isfolder";
    private const int LongestName = 1024;

    public bool Handles(string location) => AzureLocation.TryParse(location, out _);

    public async Task<string> ResolveAsync(string location, CancellationToken cancellationToken = default)
    {
        var place = Parse(location);
        if (place.Name.Length > LongestName || place.Name.Split('/').Any(part => part is "." or "..") || place.Name.Contains('\0', StringComparison.Ordinal))
        {
            throw new DataAccessException("data_path_invalid", $"'{DataPath.Display(location)}' may not have the parts '.' and '..', nor more than {LongestName} characters.");
        }

        return IsOwn(place) ? new BlobPath(place.Container, place.Name).ToString()
            : place is { Secret: { } sas, IsSealed: false } ? (place with { Secret = await seal.SealAsync(sas, place.Host, cancellationToken), IsSealed = true }).ToString()
            : place.ToString();
    }

    public async Task<DataFile?> FindAsync(string location, CancellationToken cancellationToken = default)
    {
        var place = Parse(location);
        if (place.Name.Length == 0 || place.Name.EndsWith('/'))
        {
            return null;
        }

        try
        {
            var client = await ConnectAsync(place, cancellationToken);
            var found = (await client.GetBlobClient(place.Name).GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
            return found.Metadata.ContainsKey(DirectoryMark) ? null : FileOf(place, found.ContentLength, found.ETag);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
        catch (Exception refused) when (Refusal(refused, place) is not null)
        {
            throw Refusal(refused, place)!;
        }
    }

    public async IAsyncEnumerable<DataFile> ListAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var place = Parse(folder);
        var client = await ConnectAsync(place, cancellationToken);
        var prefix = place.Name.Length == 0 ? "" : place.Name.TrimEnd('/') + "/";
        await using var blobs = client.GetBlobsAsync(new GetBlobsOptions { Prefix = prefix, Traits = BlobTraits.Metadata }, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        while (await MoveNextAsync(blobs, place))
        {
            var blob = blobs.Current;
            if (blob.Metadata?.ContainsKey(DirectoryMark) != true)
            {
                yield return FileOf(place with { Name = blob.Name }, blob.Properties.ContentLength ?? 0, blob.Properties.ETag ?? default);
            }
        }
    }

    public async Task<Stream> OpenReadAsync(DataFile file, long offset = 0, CancellationToken cancellationToken = default)
    {
        var place = Parse(file.Location);
        try
        {
            var client = await ConnectAsync(place, cancellationToken);
            var options = new BlobDownloadOptions
            {
                Range = offset == 0 ? default : new HttpRange(offset),
                Conditions = new BlobRequestConditions { IfMatch = new ETag($"\"{file.ETag}\"") },
            };
            return (await client.GetBlobClient(place.Name).DownloadStreamingAsync(options, cancellationToken)).Value.Content;
        }
        catch (RequestFailedException past) when (past.Status == 416)
        {
            return Stream.Null;
        }
        catch (RequestFailedException changed) when (changed.Status is 404 or 412)
        {
            throw DataAccessException.Changed(DataPath.Display(file.Location));
        }
        catch (Exception refused) when (Refusal(refused, place) is not null)
        {
            throw Refusal(refused, place)!;
        }
    }

    private static AzureLocation Parse(string location) =>
        AzureLocation.TryParse(location, out var place) ? place : throw DataPath.Unknown(DataPath.Display(location));

    /// <summary>Account names are unique in a cloud; the emulator's are found under any.</summary>
    private bool IsOwn(AzureLocation place) =>
        place.Account == own.AccountName && (place.Host == own.Uri.Host || !AzureLocation.TryParse($"https://{own.Uri.Host}/own", out _));

    private async Task<BlobContainerClient> ConnectAsync(AzureLocation place, CancellationToken cancellationToken)
    {
        var sas = place is { IsSealed: true, Secret: { } kept } ? await seal.OpenAsync(kept, place.Host, cancellationToken) : place.Secret;
        return connect(place.Host, sas).GetBlobContainerClient(place.Container);
    }

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<BlobItem> blobs, AzureLocation place)
    {
        try
        {
            return await blobs.MoveNextAsync();
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            throw new DataAccessException("data_not_found", $"There is no container '{place.Container}' in the storage account '{place.Account}'. Check the address.");
        }
        catch (Exception refused) when (Refusal(refused, place) is not null)
        {
            throw Refusal(refused, place)!;
        }
    }

    /// <summary>What users can do something about; null for what another try may mend.</summary>
    private static DataAccessException? Refusal(Exception failure, AzureLocation place)
    {
        var display = DataPath.Display(place.ToString());
        var cure = place.Secret is null
            ? $"Give the service's identity the role Storage Blob Data Reader on the account '{place.Account}', or add a SAS to the https address."
            : "The SAS must not have expired, and needs the permissions read and list.";
        return failure switch
        {
            RequestFailedException { Status: 401 or 403 } => DataAccessException.Denied(display, cure, failure),
            AuthenticationFailedException => DataAccessException.Denied(display, $"The service has no identity here. {cure}", failure),
            _ when failure.GetBaseException() is System.Net.Sockets.SocketException { SocketErrorCode: System.Net.Sockets.SocketError.HostNotFound } =>
                new DataAccessException("data_not_found", $"There is no storage account '{place.Account}' at {place.Host}. Check the address.", failure),
            _ => null,
        };
    }

    private static DataFile FileOf(AzureLocation place, long length, ETag etag) => new(place.ToString(), place.Name, length, etag.ToString().Trim('"'));
}
