using FineTune.Core.Faults;
using FineTune.Core.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FineTune.Storage.Tests;

public sealed class StorageOptionsTests
{
    private const string Secret = "c2VjcmV0";
    private const string Connection = $"AccountName=acc;AccountKey={Secret};BlobEndpoint=http://127.0.0.1:1/acc;QueueEndpoint=http://127.0.0.1:1/acc;";

    [Fact]
    public void FromConfiguration_ConnectionString_Read() =>
        Assert.Equal(Connection, Read(("AzureWebJobsStorage", Connection)).ConnectionString);

    [Fact]
    public void FromConfiguration_AccountNameAndClientId_Read()
    {
        var options = Read(("AzureWebJobsStorage:accountName", "acc"), ("AzureWebJobsStorage:clientId", "id"));

        Assert.Equal(new StorageOptions { AccountName = "acc", ManagedIdentityClientId = "id" }, options);
        Assert.Equal("https://acc.blob.core.windows.net/", new StorageClients(options).Blobs.Uri.ToString());
    }

    [Fact]
    public void FromConfiguration_ServiceUris_Used()
    {
        var clients = new StorageClients(Read(
            ("AzureWebJobsStorage:blobServiceUri", "https://acc.blob.core.chinacloudapi.cn"),
            ("AzureWebJobsStorage:queueServiceUri", "https://acc.queue.core.chinacloudapi.cn")));

        Assert.Equal("acc.blob.core.chinacloudapi.cn", clients.Blobs.Uri.Host);
        Assert.Equal("acc.queue.core.chinacloudapi.cn", clients.Queues.Uri.Host);
    }

    [Fact]
    public void FromConfiguration_Nothing_RefusalNamesTheSettings() =>
        Assert.Contains("AzureWebJobsStorage__accountName", Refusal(() => Read()), StringComparison.Ordinal);

    [Fact]
    public void FromConfiguration_Two_RefusalNamesBothWithoutSecrets()
    {
        var message = Refusal(() => Read(("AzureWebJobsStorage", Connection), ("AzureWebJobsStorage:accountName", "acc")));

        Assert.Contains("more than once", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromConfiguration_OneServiceUri_Refused() =>
        Assert.Contains(
            "queueServiceUri",
            Refusal(() => Read(("AzureWebJobsStorage:blobServiceUri", "https://acc.blob.core.windows.net"))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("acc.blob.core.windows.net")]
    [InlineData("ftp://acc")]
    public void FromConfiguration_NotAnAddress_Refused(string address) =>
        Assert.Contains(address, Refusal(() => Read(("AzureWebJobsStorage:blobServiceUri", address))), StringComparison.Ordinal);

    [Fact]
    public void StorageClients_MalformedConnectionString_RefusedWithoutRepeatingIt() =>
        Assert.DoesNotContain(
            Secret, Refusal(() => new StorageClients(new StorageOptions { ConnectionString = Secret })), StringComparison.Ordinal);

    [Fact]
    public void ToString_ConnectionString_HidesTheKey() =>
        Assert.DoesNotContain(Secret, new StorageOptions { ConnectionString = Connection }.ToString(), StringComparison.Ordinal);

    [Fact]
    public void AddFineTuneStorage_Options_ProvidesTheContracts()
    {
        using var services = new ServiceCollection()
            .AddFineTuneStorage(new StorageOptions { ConnectionString = Connection }).BuildServiceProvider();

        Assert.IsType<AzureBlobStore>(services.GetRequiredService<IBlobStore>());
        Assert.IsType<AzureMessageQueues>(services.GetRequiredService<IMessageQueues>());
        Assert.NotNull(services.GetRequiredService<StorageProvisioner>());
    }

    private static string Refusal(Func<object> action) => Assert.Throws<FaultException>(action).Fault.Message;

    private static StorageOptions Read(params (string Key, string Value)[] settings) =>
        StorageOptions.FromConfiguration(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build());
}
