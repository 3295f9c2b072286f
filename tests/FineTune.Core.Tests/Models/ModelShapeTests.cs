using System.Text.Json;
using FineTune.Core.Models;

namespace FineTune.Core.Tests.Models;

public sealed class ModelShapeTests
{
    [Fact]
    public void Parameters_OfTheCataloguesShapes_AreTheCataloguesParameters()
    {
        var known = ModelCatalogue.Default.Models.Where(model => model.Shape is not null).ToList();

        Assert.Equal(12, known.Count);
        Assert.All(known, model => Assert.Equal(model.Parameters, model.Shape!.Parameters));
    }

    [Theory]
    [InlineData(46_702_792_704)]
    [InlineData(131_596_523_520)]
    public void OfParameters_NothingElseKnown_HasAboutAsMany(long parameters) =>
        Assert.InRange(ModelShape.OfParameters(parameters).Parameters / (double)parameters, 0.9, 1.1);

    [Theory]
    [InlineData("""{"vocab_size":10,"hidden_size":8,"intermediate_size":16,"num_hidden_layers":2,"num_attention_heads":2}""", true)]
    [InlineData("""{"vocab_size":10,"hidden_size":8,"intermediate_size":16,"num_hidden_layers":2}""", false)]
    [InlineData("""{"vocab_size":10,"hidden_size":8,"intermediate_size":16,"num_hidden_layers":2000000000,"num_attention_heads":2}""", false)]
    [InlineData("""{"vocab_size":-1,"hidden_size":8,"intermediate_size":16,"num_hidden_layers":2,"num_attention_heads":2}""", false)]
    public void TryRead_Config_DimensionsOrNull(string json, bool complete)
    {
        using var config = JsonDocument.Parse(json);

        Assert.Equal(complete ? new ModelShape(10, 8, 16, 2, 2, 2, 4) : null, ModelShape.TryRead(config.RootElement));
    }
}
