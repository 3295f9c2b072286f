using System.Text.Json;
using FineTune.Core.Regions;
using FineTune.Core.Storage;
using FineTune.Workflows;

namespace FineTune.Infra.Tests;

public sealed class TemplateTests(CompiledTemplate template) : IClassFixture<CompiledTemplate>
{
    [Fact]
    public async Task Bicep_Templates_HaveNoDiagnostics()
    {
        // Building runs the linter, and building the parameters checks them against the template.
        var (exitCode, _, diagnostics) = await Bicep.RunAsync("build-params", "main.bicepparam", "--stdout");

        Assert.Equal(0, exitCode);
        Assert.Empty(diagnostics + template.Diagnostics);
    }

    [Fact]
    public async Task Bicep_RuleBroken_IsAnError()
    {
        var broken = Path.Combine(Bicep.Folder, $"broken-{Guid.NewGuid():N}.bicep");
        await File.WriteAllTextAsync(broken, "param unused string\n", TestContext.Current.CancellationToken);
        try
        {
            var (exitCode, _, diagnostics) = await Bicep.RunAsync("lint", broken);

            Assert.NotEqual(0, exitCode);
            Assert.Contains("Error no-unused-params", diagnostics, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(broken);
        }
    }

    [Theory]
    [InlineData("listKeys")]
    [InlineData("listSecrets")]
    [InlineData("listCredentials")]
    [InlineData("AccountKey=")]
    [InlineData("SharedAccessKey")]
    [InlineData("DefaultEndpointsProtocol")]
    [InlineData("sharedAccessSignature")]
    [InlineData("\"*\"")]
    public void Template_Compiled_HoldsNoSecretAndNoWildcard(string forbidden) =>
        Assert.DoesNotContain(forbidden, template.Text, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void StorageAccount_Compiled_AllowsIdentitiesOnly()
    {
        var properties = Assert.Single(Resources(), resource => TypeOf(resource) == "Microsoft.Storage/storageAccounts")
            .GetProperty("properties");
        Assert.False(properties.GetProperty("allowSharedKeyAccess").GetBoolean());
        Assert.False(properties.GetProperty("allowBlobPublicAccess").GetBoolean());
    }

    [Fact]
    public void StorageAccount_Compiled_HasEveryContainerAndQueueOfTheService()
    {
        var names = Strings(template.Root).ToHashSet(StringComparer.Ordinal);
        Assert.All(Containers.All, container => Assert.Contains(container, names));
        Assert.All(Queues.All, queue => Assert.Contains(queue, names));
        Assert.Contains($"{Queues.EpochResults}-poison", names);
        Assert.Contains($"{Queues.Uploads}-poison", names);
    }

    [Fact]
    public void RoleAssignments_Compiled_AreScopedToOneResource()
    {
        var grants = Resources().Where(resource => TypeOf(resource) == "Microsoft.Authorization/roleAssignments").ToList();
        Assert.Equal(4, grants.Count);
        Assert.All(grants, grant => Assert.True(grant.TryGetProperty("scope", out _)));
    }

    [Fact]
    public void App_Compiled_KeepsAnInstanceForDurableWork()
    {
        var ready = Assert.Single(Resources(), resource => TypeOf(resource) == "Microsoft.Web/sites")
            .GetProperty("properties").GetProperty("functionAppConfig").GetProperty("scaleAndConcurrency").GetProperty("alwaysReady")[0];
        Assert.Equal("durable", ready.GetProperty("name").GetString());
        Assert.Equal(1, ready.GetProperty("instanceCount").GetInt32());
    }

    [Fact]
    public void Trainer_Compiled_TakesOneEpochAnExecution()
    {
        var properties = Assert.Single(Resources(), resource => TypeOf(resource) == "Microsoft.App/jobs").GetProperty("properties");
        var container = properties.GetProperty("template").GetProperty("containers")[0];
        Assert.Equal(["work", "--once"], Strings(container.GetProperty("args")));
        Assert.False(container.TryGetProperty("command", out _));
    }

    [Fact]
    public void Location_Compiled_IsOneOfTheProductsRegions() =>
        Assert.Equal(RegionTable.Default.Product, Strings(template.Root.GetProperty("parameters").GetProperty("location").GetProperty("allowedValues")));

    [Fact]
    public void TrainerLocation_Compiled_IsCheckedAgainstTheRegionsOfItsGpu()
    {
        var check = template.Root.GetProperty("variables").GetProperty("checkedTrainerLocation").GetString();
        Assert.Contains("fail(", check, StringComparison.Ordinal);
        var regions = Strings(template.Root.GetProperty("variables")).ToHashSet(StringComparer.Ordinal);
        Assert.All(RegionTable.Default.Gpus.SelectMany(gpu => gpu.Regions), region => Assert.Contains(region, regions));
        Assert.DoesNotContain("parameters('trainerLocation')", template.Root.GetProperty("resources").GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_Compiled_AreReadByTheService()
    {
        var settings = Strings(template.Root).Concat(Names(template.Root)).Where(name => name.StartsWith("FINETUNE_", StringComparison.Ordinal)).ToHashSet();
        var read = new HashSet<string>();
        WorkflowOptions.FromSettings(name =>
        {
            read.Add(name);
            return null;
        });
        settings.Remove("FINETUNE_URL");
        Assert.Subset(read, settings);
        Assert.Contains("FINETUNE_DATA_RESIDENCY", settings);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Names),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Names(property.Value).Prepend(property.Name)),
        _ => [],
    };

    private static string TypeOf(JsonElement resource) => resource.GetProperty("type").GetString()!;

    /// <summary>All resources, those of modules included; templates with symbolic names hold them in an object, others in an array.</summary>
    private IEnumerable<JsonElement> Resources() => ResourcesOf(template.Root);

    private static IEnumerable<JsonElement> ResourcesOf(JsonElement template)
    {
        var resources = template.GetProperty("resources");
        var direct = resources.ValueKind == JsonValueKind.Array
            ? resources.EnumerateArray().ToList()
            : [.. resources.EnumerateObject().Select(property => property.Value)];
        return direct.Where(resource => !resource.TryGetProperty("existing", out _)).SelectMany(resource =>
            TypeOf(resource) == "Microsoft.Resources/deployments"
                ? ResourcesOf(resource.GetProperty("properties").GetProperty("template"))
                : [resource]);
    }

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Strings(property.Value)),
        _ => [],
    };
}
