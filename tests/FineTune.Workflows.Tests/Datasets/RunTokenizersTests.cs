using FineTune.Core.Artifacts;
using FineTune.Workflows.Datasets;

namespace FineTune.Workflows.Tests.Datasets;

public sealed class RunTokenizersTests
{
    [Theory]
    [InlineData("tokenizer.json", true)]
    [InlineData("tokenizer_config.json", true)]
    [InlineData("chat_template.jinja", true)]
    [InlineData("tokenizer.model", true)]
    [InlineData("cl100k_base.tiktoken", true)]
    [InlineData("model.safetensors", false)]
    [InlineData("model.safetensors.index.json", false)]
    public void IsNeeded_FilesOfAModel_ThoseThatDecideOnTokens(string name, bool needed) =>
        Assert.Equal(needed, RunTokenizers.IsNeeded(new ArtifactFile(name, 1, "")));
}
