using System.Text.Json.Nodes;
using FineTune.Api.Tests.Support;

namespace FineTune.Api.Tests.Models;

public sealed class ModelEndpointsTests
{
    [Fact]
    public async Task List_Catalogue_TellsWhatIsHereWhatMustBeAcceptedAndWhatIsRetired()
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, _) = await host.SendAsync(HttpMethod.Get, "/api/models");
        var models = body!.AsArray().ToDictionary(model => (string)model!["name"]!, model => model!.AsObject());

        Assert.Equal(200, status);
        Assert.True((bool)models[ApiHost.Model]["imported"]!);
        Assert.False((bool)models[ApiHost.Model]["license_acceptance_required"]!);
        var llama = models["meta-llama/Llama-3.2-1B-Instruct"];
        Assert.Equal((false, true, 131072), ((bool)llama["imported"]!, (bool)llama["license_acceptance_required"]!, (int)llama["max_context_length"]!));
        Assert.StartsWith("https://", (string)llama["license"]!["link"]!, StringComparison.Ordinal);
        Assert.All(models.Values.Where(model => (string)model["status"]! != "supported"), model => Assert.NotNull((string?)model["replacement"]));
        Assert.Equal("to_be_retired", (string)models["databricks/dbrx-base"]["status"]!);
    }

    [Fact]
    public async Task List_Models_AreAListOfObjectsWithNames()
    {
        await using var host = await ApiHost.StartAsync();
        var (_, body, _) = await host.SendAsync(HttpMethod.Get, "/api/models");

        Assert.All(Assert.IsType<JsonArray>(body), model => Assert.NotEmpty((string)model!["name"]!));
    }
}
