using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using FineTune.Core.Storage;
using FineTune.LocalHost.Azurite;
using FineTune.LocalHost.Supervision;
using FineTune.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FineTune.EndToEnd.Tests;

/// <summary>
/// Storage as in a subscription without keys: Azurite over TLS that asks for Microsoft Entra ID's tokens, and beside it the endpoint from
/// which a managed identity gets them (App Service's protocol, 2019-08-01). The test itself looks at it with the account's key.
/// </summary>
public sealed partial class IdentityStorage : IAsyncDisposable
{
    private const string Secret = "of-this-process";
    private readonly DataFolder folder = new();
    private readonly AzuriteAccount account = AzuriteAccount.Create("identity");
    private readonly Dictionary<string, Uri> services = [];
    private readonly X509Certificate2 certificate = Certificate();
    private readonly HttpClient http;
    private readonly WebApplication identity;
    private ChildProcess? azurite;
    private int tokens;

    private IdentityStorage()
    {
        http = new HttpClient(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, shown, _, _) => shown?.Thumbprint == certificate.Thumbprint });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        identity = builder.Build();
        identity.MapGet("/token", Token);
    }

    /// <summary>How often somebody asked for a token of storage.</summary>
    public int Tokens => tokens;

    public BlobServiceClient Blobs =>
        new(services["Blob"], new StorageSharedKeyCredential(account.Name, account.Key), new BlobClientOptions { Transport = new HttpClientTransport(http) });

    public IMessageQueues Queues => new AzureMessageQueues(QueueService);

    /// <summary>What a program needs to know: addresses, no key.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings =>
    [
        ("AzureWebJobsStorage__blobServiceUri", services["Blob"].ToString()),
        ("AzureWebJobsStorage__queueServiceUri", services["Queue"].ToString()),
        ("IDENTITY_ENDPOINT", $"{identity.Urls.First()}/token"),
        ("IDENTITY_HEADER", Secret),
        ("SSL_CERT_FILE", Path("cert.pem")),
    ];

    private QueueServiceClient QueueService =>
        new(services["Queue"], new StorageSharedKeyCredential(account.Name, account.Key), new QueueClientOptions { Transport = new HttpClientTransport(http) });

    public static async Task<IdentityStorage> StartAsync()
    {
        var storage = new IdentityStorage();
        await storage.identity.StartAsync();
        await File.WriteAllTextAsync(storage.Path("cert.pem"), storage.certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(storage.Path("key.pem"), storage.certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        var installation = await new AzuriteInstaller(AzuriteInstaller.DefaultCacheRoot, NullLogger.Instance).EnsureAsync();
        var spec = new ChildSpec("azurite", () => storage.Command(installation)) { IsReady = storage.Observe, ReadyWithin = TimeSpan.FromMinutes(3) };
        storage.azurite = await ChildProcess.StartReadyAsync(spec, _ => { });
        foreach (var name in Containers.All)
        {
            await storage.Blobs.CreateBlobContainerAsync(name);
        }

        foreach (var name in Core.Storage.Queues.All)
        {
            await storage.QueueService.CreateQueueAsync(name);
        }

        return storage;
    }

    public async ValueTask DisposeAsync()
    {
        if (azurite is not null)
        {
            await azurite.DisposeAsync();
        }

        await identity.DisposeAsync();
        http.Dispose();
        certificate.Dispose();
        folder.Dispose();
    }

    private IResult Token(HttpRequest request)
    {
        if (request.Headers["X-IDENTITY-HEADER"] != Secret || !$"{request.Query["resource"]}".StartsWith("https://storage.azure.com", StringComparison.Ordinal))
        {
            return Results.StatusCode((int)HttpStatusCode.Forbidden);
        }

        Interlocked.Increment(ref tokens);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var expires = now + 3600;
        var claims = new { aud = "https://storage.azure.com", iss = "https://sts.windows.net/tenant/", iat = now - 60, nbf = now - 60, exp = expires };
        return Results.Json(new
        {
            access_token = $"{Part(new { alg = "RS256", typ = "JWT" })}.{Part(claims)}.{Part("not looked at")}",
            expires_on = expires.ToString(CultureInfo.InvariantCulture),
            resource = "https://storage.azure.com",
            token_type = "Bearer",
        });
    }

    private ProcessStartInfo Command(AzuriteInstallation installation)
    {
        var command = new ProcessStartInfo(installation.Node)
        {
            Environment = { ["AZURITE_ACCOUNTS"] = $"{account.Name}:{account.Key}" },
        };
        string[] arguments =
        [
            "--require", installation.Guard, installation.EntryPoint, "--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence",
            "--oauth", "basic", "--cert", Path("cert.pem"), "--key", Path("key.pem"), "--blobPort", "0", "--queuePort", "0", "--tablePort", "0",
        ];
        foreach (var argument in arguments)
        {
            command.ArgumentList.Add(argument);
        }

        return command;
    }

    private bool Observe(string line)
    {
        if (Listening().Match(line) is { Success: true } match)
        {
            services[match.Groups[1].Value] = new Uri($"https://127.0.0.1:{match.Groups[2].Value}/{account.Name}");
        }

        return services.Count == 3;
    }

    private string Path(string name) => System.IO.Path.Combine(folder.Path, name);

    private static string Part(object value) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value))).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static X509Certificate2 Certificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    [GeneratedRegex(@"^Azurite (Blob|Queue|Table) service is successfully listening at https://127\.0\.0\.1:(\d+)$")]
    private static partial Regex Listening();
}
