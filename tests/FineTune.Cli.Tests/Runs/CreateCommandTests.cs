using System.Text.Json;
using System.Text.Json.Nodes;
using FineTune.Cli.Tests.Support;
using FineTune.Core.Faults;
using FineTune.Core.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace FineTune.Cli.Tests.Runs;

public sealed class CreateCommandTests
{
    private static readonly string[] Required =
        ["create", "--model", "finetune/tiny-llama", "--train-data-path", "az://datasets/d.jsonl", "--register-to", "main.demo"];

    [Fact]
    public async Task Create_EveryOption_IsAFieldOfTheRequest()
    {
        await using var host = await StubHost.StartAsync(MapCreate);

        var run = await CommandLine.RunAsync(
            host.Address,
            [
                .. Required, "--task-type", "instruction-finetune", "--eval-data-path", "az://datasets/e.jsonl", "--eval-prompts", "one",
                "--eval-prompts", "@two", "--custom-weights-path", "main.a.b/2", "--training-duration", "3ep", "--learning-rate", "1.5e-3",
                "--context-length", "512", "--experiment-path", "/x/y", "--no-validate-inputs", "--data-prep-cluster-id", "c1", "--name", "n",
                "--seed", "11", "--batch-size", "16", "--micro-batch-size", "4", "--weight-decay", "0.01", "--beta1", "0.8", "--beta2", "0.98",
                "--epsilon", "1e-6", "--warmup-ratio", "0.1", "--warmup-steps", "50", "--schedule", "cosine", "--max-grad-norm", "0.5",
                "--optimizer", "lion", "--precision", "bf16int8", "--checkpoint-layers", "true", "--freeze", "model.embed_tokens.*", "--freeze",
                "model.layers.{0..7}.*", "--accept-license",
            ]);

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        AssertJson(
            """
            {"model":"finetune/tiny-llama","train_data_path":"az://datasets/d.jsonl","register_to":"main.demo","task_type":"INSTRUCTION_FINETUNE",
            "eval_data_path":"az://datasets/e.jsonl","eval_prompts":["one","@two"],"custom_weights_path":"main.a.b/2","training_duration":"3ep",
            "learning_rate":0.0015,"context_length":512,"experiment_path":"/x/y","validate_inputs":false,"data_prep_cluster_id":"c1","name":"n",
            "seed":11,"hyperparameters":{"batch_size":16,"micro_batch_size":4,"weight_decay":0.01,"beta1":0.8,"beta2":0.98,"epsilon":1E-06,
            "warmup_ratio":0.1,"warmup_steps":50,"schedule":"cosine","max_grad_norm":0.5,"checkpoint_layers":true,
            "optimizer":"lion","precision":"bf16_int8","freeze":["model.embed_tokens.*","model.layers.{0..7}.*"]},"accept_license":true}
            """,
            host.To("POST", "/api/runs").Single().Body);
    }

    [Fact]
    public async Task Create_OnlyTheRequired_LeavesTheDefaultsToTheHost()
    {
        await using var host = await StubHost.StartAsync(MapCreate);

        await CommandLine.RunAsync(host.Address, Required);

        AssertJson(
            """
            {"model":"finetune/tiny-llama","train_data_path":"az://datasets/d.jsonl","register_to":"main.demo","task_type":null,
            "eval_data_path":null,"eval_prompts":null,"custom_weights_path":null,"training_duration":null,"learning_rate":null,
            "context_length":null,"experiment_path":null,"validate_inputs":true,"data_prep_cluster_id":null,"name":null,"seed":null,
            "hyperparameters":null,"accept_license":false}
            """,
            host.To("POST", "/api/runs").Single().Body);
    }

    [Fact]
    public async Task Create_Refused_NamesTheOptionOfTheField()
    {
        await using var host = await StubHost.StartAsync(app => app.MapPost("/api/runs", () => StubHost.Refuse(
            400,
            Fault.Caller("create", "field_invalid", "hyperparameters.batch_size must be from 1 to 4096, but is 0.", "hyperparameters.batch_size"),
            Fault.Caller("create", "field_required", "model is required.", "model"))));

        var run = await CommandLine.RunAsync(host.Address, [.. Required, "--batch-size", "0"]);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Equal(
            "error: hyperparameters.batch_size must be from 1 to 4096, but is 0.\n  field hyperparameters.batch_size, option --batch-size\n"
            + "error: model is required.\n  field model, option --model\n",
            run.Error);
    }

    [Fact]
    public async Task Create_UnknownTaskType_SaysWhichThereAre()
    {
        var run = await CommandLine.RunAsync(CommandLine.Nowhere, [.. Required, "--task-type", "GUESS"]);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains("CHAT_COMPLETION, INSTRUCTION_FINETUNE or CONTINUED_PRETRAIN", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("COMPLETED", ExitCodes.Ok)]
    [InlineData("FAILED", ExitCodes.Failed)]
    [InlineData("CANCELED", ExitCodes.Failed)]
    public async Task Create_Wait_ExitCodeIsTheRunsOutcome(string status, int exitCode)
    {
        var ended = Enum.Parse<RunStatus>(status, ignoreCase: true);
        await using var host = await StubHost.StartAsync(app =>
        {
            MapCreate(app);
            app.MapGet("/api/runs/{id}", () => TestRuns.Create(ended));
        });

        var run = await CommandLine.RunAsync(host.Address, [.. Required, "--wait", "--json"]);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal(status, JsonNode.Parse(run.OutLines.Single())!["status"]!.GetValue<string>());
    }

    private static void MapCreate(IEndpointRouteBuilder app) => app.MapPost("/api/runs", () => Results.Accepted(
        "/api/runs/run-1", new { Id = "run-1", Status = RunStatus.Pending, Run = TestRuns.Create(RunStatus.Pending), Links = new { } }));

    private static void AssertJson(string expected, string actual)
    {
        using var want = JsonDocument.Parse(expected);
        using var have = JsonDocument.Parse(actual);
        Assert.True(JsonElement.DeepEquals(want.RootElement, have.RootElement), $"Expected {expected}\nActual {actual}");
    }
}
