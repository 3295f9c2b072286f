using System.Text.Json.Nodes;
using FineTune.Api.Generation;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Generation;
using Microsoft.AspNetCore.Builder;

namespace FineTune.Cli.Tests.Generation;

public sealed class ChatCommandTests
{
    [Fact]
    public async Task Chat_Prompt_SendsItWithTheSamplingAndPrintsOnlyTheAnswer()
    {
        await using var host = await StartAsync();

        var run = await CommandLine.RunAsync(
            host.Address, "chat", "main.demo.ner/1", "--prompt", "@Ada", "--max-tokens", "7", "--temperature", "0.5", "--top-k", "3", "--top-p", "0.9", "--seed", "5");

        Assert.Equal("[2Jecho @Ada\n", run.Out.TrimStart(' '));
        var sent = JsonNode.Parse(host.Requests.Single().Body)!;
        Assert.Equal("main.demo.ner/1", sent["model"]!.GetValue<string>());
        Assert.Equal(
            """["@Ada",7,0.5,3,0.9,5]""",
            new JsonArray([.. new[] { "prompt", "max_tokens", "temperature", "top_k", "top_p", "seed" }.Select(field => sent[field]!.DeepClone())]).ToJsonString());
    }

    [Fact]
    public async Task Chat_PipedInput_IsOnePrompt()
    {
        await using var host = await StartAsync();

        var run = await WithInputAsync(host, "two\nlines\n", interactive: false, "chat", "m/n");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.Equal("two\nlines", JsonNode.Parse(host.Requests.Single().Body)!["prompt"]!.GetValue<string>());
    }

    [Fact]
    public async Task Chat_NothingToAsk_IsUsage()
    {
        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "chat", "m/n");

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("--prompt TEXT", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_Conversation_RemembersWhatWasSaid()
    {
        await using var host = await StartAsync();

        var run = await WithInputAsync(host, "one\ntwo\n", interactive: true, "chat", "m/n", "--system", "Be brief.");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        var messages = JsonNode.Parse(host.Requests[1].Body)!["messages"]!.AsArray();
        Assert.Equal(["system", "user", "assistant", "user"], messages.Select(message => message!["role"]!.GetValue<string>()));
        Assert.Equal("two", messages[3]!["content"]!.GetValue<string>());
        Assert.Null(JsonNode.Parse(host.Requests[1].Body)!["prompt"]);
    }

    [Fact]
    public async Task Chat_LinesWithoutConversation_StandAlone()
    {
        await using var host = await StartAsync();

        await WithInputAsync(host, "one\ntwo\n\nnever\n", interactive: true, "chat", "m/n");

        Assert.Equal(["one", "two"], host.Requests.Select(request => JsonNode.Parse(request.Body)!["prompt"]!.GetValue<string>()));
        Assert.All(host.Requests, request => Assert.Null(JsonNode.Parse(request.Body)!["messages"]));
    }

    private static Task<StubHost> StartAsync() => StubHost.StartAsync(app => app.MapPost("/api/generate", (GenerateRequest body) =>
        new GenerateResult([new Completion($"\u001b[2Jecho {body.Prompt}", 2, "stop")])));

    private static Task<CliRun> WithInputAsync(StubHost host, string input, bool interactive, params string[] args) => CommandLine.RunAsync(
        host.Address,
        context => context with { Terminal = context.Terminal with { In = new StringReader(input), InIsInteractive = interactive } },
        args);
}
