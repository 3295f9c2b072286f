using FineTune.Cli.Tests.Support;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FineTune.Cli.Tests.Hosting;

public sealed class HostClientTests
{
    [Fact]
    public async Task Host_NamedByOption_WinsOverTheEnvironment()
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs", () => Array.Empty<string>()));

        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "list", "--host", $"127.0.0.1:{host.Address.Port}");

        Assert.Equal(ExitCodes.Ok, run.ExitCode);
        Assert.StartsWith("No runs.", run.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://example.org")]
    [InlineData("http://")]
    [InlineData("not a host")]
    public async Task Host_NotAnAddress_IsUsage(string address)
    {
        var run = await CommandLine.RunAsync(CommandLine.Nowhere, "list", "--host", address);

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Contains($"'{address}' is not the address of a host", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train.jsonl", null, "train.jsonl, line 3")]
    [InlineData("train.json", "element", "train.json, element 3")]
    [InlineData("train.parquet", "row", "train.parquet, row 3")]
    public async Task Send_Refused_ShowsEveryFaultWithItsPlace(string file, string? record, string place)
    {
        var broken = Fault.Caller("validate_data", "bad", "Record 3 has no 'response'.") with { File = file, Line = 3, Record = record };
        await using var host = await StubHost.StartAsync(app => app.MapGet(
            "/api/runs/{id}", () => StubHost.Refuse(404, Fault.Caller("http", "run_not_found", "There is no run 'x'.", "id"), broken)));

        var run = await CommandLine.RunAsync(host.Address, "get", "x");

        Assert.Equal(ExitCodes.Refused, run.ExitCode);
        Assert.Equal($"error: There is no run 'x'.\n  field id\nerror: Record 3 has no 'response'.\n  in {place}\n", run.Error);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Send_RefusedWithJson_WritesTheFaultsAsOneObject()
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet(
            "/api/runs/{id}", () => StubHost.Refuse(404, Fault.Caller("http", "run_not_found", "There is no run 'x'.", "id"))));

        var run = await CommandLine.RunAsync(host.Address, "get", "x", "--json");

        Assert.Equal("run_not_found", WireJson.Deserialize<Api.FaultResponse>(run.Error).Faults[0].Code);
    }

    [Theory]
    [InlineData(500, "text/plain", "boom", "500")]
    [InlineData(200, "text/html", "<p>another server</p>", "not as a FineTune host")]
    public async Task Send_HostFailsOrIsAnother_ExitsWithUnavailable(int status, string type, string body, string said)
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/models", () => Results.Text(body, type, statusCode: status)));

        var run = await CommandLine.RunAsync(host.Address, "models");

        Assert.Equal(ExitCodes.HostUnavailable, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ListRuns_WithFilters_SendsThem()
    {
        await using var host = await StubHost.StartAsync(app => app.MapGet("/api/runs", () => new[] { TestRuns.Create(RunStatus.Running, step: 120) }));

        var run = await CommandLine.RunAsync(host.Address, "list", "--status", "RUNNING", "--status", "queued", "--limit", "5");

        Assert.Equal("/api/runs?status=Running&status=Queued&limit=5", host.Requests.Single().Path);
        Assert.Contains("run-1  RUNNING  train_epoch  120/400  0.1234", run.Out, StringComparison.Ordinal);
    }
}
