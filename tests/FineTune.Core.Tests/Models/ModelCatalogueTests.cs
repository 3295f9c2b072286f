using FineTune.Core.Models;

namespace FineTune.Core.Tests.Models;

public sealed class ModelCatalogueTests
{
    private static readonly DateOnly LastDay = new(2025, 1, 7);
    private static readonly ModelCatalogue Catalogue = ModelCatalogue.Default;

    [Fact]
    public void Models_Shipped_AreTheOriginTablesAndTheTinyModel()
    {
        (string, int, ModelStatus)[] expected =
        [
            ("meta-llama/Llama-3.2-1B", 131072, ModelStatus.Supported),
            ("meta-llama/Llama-3.2-1B-Instruct", 131072, ModelStatus.Supported),
            ("meta-llama/Llama-3.2-3B", 131072, ModelStatus.Supported),
            ("meta-llama/Llama-3.2-3B-Instruct", 131072, ModelStatus.Supported),
            ("meta-llama/Meta-Llama-3.1-405B", 131072, ModelStatus.Supported),
            ("meta-llama/Meta-Llama-3.1-405B-Instruct", 131072, ModelStatus.Supported),
            ("meta-llama/Meta-Llama-3.1-70B", 131072, ModelStatus.Supported),
            ("meta-llama/Meta-Llama-3.1-70B-Instruct", 131072, ModelStatus.Supported),
            ("meta-llama/Meta-Llama-3.1-8B", 131072, ModelStatus.Supported),
            ("meta-llama/Meta-Llama-3.1-8B-Instruct", 131072, ModelStatus.Supported),
            ("mistralai/Mistral-7B-v0.1", 32768, ModelStatus.ToBeRetired),
            ("mistralai/Mistral-7B-Instruct-v0.2", 32768, ModelStatus.ToBeRetired),
            ("mistralai/Mixtral-8x7B-v0.1", 32768, ModelStatus.ToBeRetired),
            ("databricks/dbrx-base", 32768, ModelStatus.ToBeRetired),
            ("databricks/dbrx-instruct", 32768, ModelStatus.ToBeRetired),
        ];

        Assert.Equal(
            expected.Append(("finetune/tiny-llama", 512, ModelStatus.Supported)).Order(),
            Catalogue.Models.Select(model => (model.Name, model.MaxContextLength, model.Status)).Order());
    }

    [Fact]
    public void Models_EachOne_HasItsLicense() =>
        Assert.All(Catalogue.Models, model => Assert.StartsWith("https://", Catalogue.LicenseOf(model).Link, StringComparison.Ordinal));

    [Fact]
    public void Models_ToBeRetired_NameASupportedReplacement() =>
        Assert.All(
            Catalogue.Models.Where(model => model.Status == ModelStatus.ToBeRetired),
            model => Assert.Equal(ModelStatus.Supported, Catalogue.Resolve(model.Replacement!, LastDay).Unwrap().Status));

    [Theory]
    [InlineData("meta-llama/Meta-Llama-3-8B", "meta-llama/Meta-Llama-3.1-8B")]
    [InlineData("meta-llama/Meta-Llama-3-8B-Instruct", "meta-llama/Meta-Llama-3.1-8B-Instruct")]
    [InlineData("meta-llama/Meta-Llama-3-70B", "meta-llama/Meta-Llama-3.1-70B")]
    [InlineData("meta-llama/Meta-Llama-3-70B-Instruct", "meta-llama/Meta-Llama-3.1-70B-Instruct")]
    [InlineData("meta-llama/Llama-2-7b-hf", "meta-llama/Meta-Llama-3.1-8B")]
    [InlineData("meta-llama/Llama-2-13b-chat-hf", "meta-llama/Meta-Llama-3.1-8B-Instruct")]
    [InlineData("meta-llama/Llama-2-70b-chat-hf", "meta-llama/Meta-Llama-3.1-70B-Instruct")]
    [InlineData("codellama/CodeLlama-7b-hf", "meta-llama/Meta-Llama-3.1-8B")]
    [InlineData("codellama/CodeLlama-13b-Instruct-hf", "meta-llama/Meta-Llama-3.1-8B-Instruct")]
    [InlineData("codellama/CodeLlama-34b-Instruct-hf", "meta-llama/Meta-Llama-3.1-70B-Instruct")]
    [InlineData("codellama/CodeLlama-70b-hf", "meta-llama/Meta-Llama-3.1-70B")]
    public void Resolve_RetiredFamily_RefusalNamesReplacement(string model, string replacement)
    {
        var fault = Catalogue.Resolve(model, LastDay.AddDays(1)).Fault!;

        Assert.Equal("model_retired", fault.Code);
        Assert.Contains($"Use '{replacement}' instead", fault.Message, StringComparison.Ordinal);
        Assert.True(Catalogue.TryFind(replacement, out _));
    }

    [Fact]
    public void Resolve_RetiredFamilyOnItsLastDay_NotYetRetired() =>
        Assert.Equal("model_not_found", Catalogue.Resolve("meta-llama/Meta-Llama-3-8B", LastDay).Fault!.Code);

    [Fact]
    public void Resolve_OtherCase_Found() =>
        Assert.Equal("meta-llama/Llama-3.2-1B", Catalogue.Resolve("META-LLAMA/llama-3.2-1b", LastDay).Unwrap().Name);

    [Fact]
    public void Resolve_Unknown_RefusalListsTheCatalogue()
    {
        var fault = Catalogue.Resolve("gpt2", LastDay).Fault!;

        Assert.Equal("model", fault.Field);
        Assert.All(Catalogue.Models, model => Assert.Contains(model.Name, fault.Message, StringComparison.Ordinal));
    }
}
