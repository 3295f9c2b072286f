using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FineTune.Core.Datasets;
using FineTune.Core.Storage;

namespace FineTune.Storage.Data;

/// <summary>
/// Encrypts the SAS of an address, so that it may stand in a run's record, its orchestration's history and its status: AES-256-GCM with a key
/// that lies in the service's own account, made at first use. Equal addresses are sealed equally, and a seal is good for its host alone.
/// </summary>
public sealed class SasSeal(IBlobStore blobs)
{
    private const int KeyBytes = 32;
    private const int MaximumLength = 4096;

    private static readonly int NonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagBytes = AesGcm.TagByteSizes.MaxSize;

    /// <summary>Not data of any format that is read.</summary>
    public static BlobPath KeyPath { get; } = new(Containers.Runs, "_keys/addresses");

    public async Task<string> SealAsync(string sas, string host, CancellationToken cancellationToken = default)
    {
        if (sas.Length > MaximumLength || !sas.Split('&').Any(part => part.StartsWith("sig=", StringComparison.Ordinal) && part.Length > "sig=".Length))
        {
            throw new DataAccessException(
                "data_path_invalid", "Behind the '?' of an https address stands a SAS (sv=…&sig=…). Leave it out to read by the service's identity; wildcards may be * and {a,b} there.");
        }

        var key = await KeyAsync(cancellationToken);
        var (text, bound) = (Encoding.UTF8.GetBytes(sas), Encoding.UTF8.GetBytes(host));
        var result = new byte[NonceBytes + TagBytes + text.Length];
        HMACSHA256.HashData(key, (byte[])[.. bound, 0, .. text]).AsSpan(0, NonceBytes).CopyTo(result);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(result.AsSpan(0, NonceBytes), text, result.AsSpan(NonceBytes + TagBytes), result.AsSpan(NonceBytes, TagBytes), bound);
        return Base64Url.EncodeToString(result);
    }

    /// <exception cref="DataAccessException">It wasn't sealed here, or for another host.</exception>
    public async Task<string> OpenAsync(string seal, string host, CancellationToken cancellationToken = default)
    {
        try
        {
            var bytes = Base64Url.DecodeFromChars(seal);
            var text = new byte[Math.Max(0, bytes.Length - NonceBytes - TagBytes)];
            using var aes = new AesGcm(await KeyAsync(cancellationToken), TagBytes);
            aes.Decrypt(
                bytes.AsSpan(0, NonceBytes), bytes.AsSpan(NonceBytes + TagBytes), bytes.AsSpan(NonceBytes, TagBytes), text, Encoding.UTF8.GetBytes(host));
            return Encoding.UTF8.GetString(text);
        }
        catch (Exception forged) when (forged is CryptographicException or FormatException or ArgumentException)
        {
            throw new DataAccessException("data_path_invalid", "The sealed SAS of the address is none of this service. Give the https address with its SAS.", forged);
        }
    }

    private async Task<byte[]> KeyAsync(CancellationToken cancellationToken)
    {
        if (await blobs.FindAsync(KeyPath, cancellationToken) is null)
        {
            // Of several that make one the first stays.
            using var fresh = new MemoryStream(RandomNumberGenerator.GetBytes(KeyBytes));
            await blobs.TryCreateAsync(KeyPath, fresh, cancellationToken);
        }

        var key = new byte[KeyBytes];
        await using var stream = await blobs.OpenReadAsync(KeyPath, cancellationToken);
        await stream.ReadExactlyAsync(key, cancellationToken);
        return key;
    }
}
