using FineTune.Api.Tests.Support;

namespace FineTune.Api.Tests.Generation;

public sealed class GenerationEndpointsTests
{
    [Fact]
    public async Task Post_Prompt_AsksTheModel()
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, _) = await host.SendAsync(
            HttpMethod.Post, "/api/generate", """{"model":"finetune/tiny-llama","prompt":"Say","max_tokens":7}""");

        Assert.Equal(200, status);
        Assert.Equal("an answer", (string)body!["completions"]![0]!["text"]!);
        Assert.Equal(["Say"], host.Generated!.Prompts!);
        Assert.Equal(7, host.Generated.Sampling.MaxTokens);
    }

    [Theory]
    [InlineData("""{"model":"finetune/tiny-llama"}""", 400)]
    [InlineData("""{"model":"finetune/tiny-llama","prompt":"a","messages":[]}""", 400)]
    [InlineData("""{"model":"main.demo.none","prompt":"a"}""", 404)]
    [InlineData("""{"prompt":"a"}""", 400)]
    public async Task Post_BadRequest_IsRefused(string json, int expected)
    {
        await using var host = await ApiHost.StartAsync();
        var (status, body, _) = await host.SendAsync(HttpMethod.Post, "/api/generate", json);

        Assert.Equal(expected, status);
        Assert.NotEmpty((string)body!["error"]!);
        Assert.Null(host.Generated);
    }
}
