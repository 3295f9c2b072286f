using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Runs;

/// <summary><c>finetune metrics ID [--csv]</c>.</summary>
public static class MetricsCommand
{
    private static readonly string[] Fields = ["step", "epoch", "loss", "learning_rate", "grad_norm", "tokens", "tokens_per_second", "mfu", "rss_bytes"];

    public static Command Create(CommandScope scope)
    {
        var id = RunIdArgument.Create();
        var csv = new Option<bool>("--csv") { Description = "Comma-separated values, with a header." };
        return scope.Handle(new Command("metrics", "Show every step's loss and speed.") { id, csv }, async (call, cancellationToken) =>
        {
            if (call.Get(csv))
            {
                await call.Terminal.Out.WriteAsync(await call.Host.MetricsCsvAsync(call.Get(id), cancellationToken));
                return ExitCodes.Ok;
            }

            var steps = await call.Host.MetricsAsync(call.Get(id), cancellationToken);
            if (call.Json)
            {
                call.WriteJson(steps);
            }
            else
            {
                TextTable.Write(
                    call.Terminal.Out,
                    [.. Fields.Select(field => field.ToUpperInvariant())],
                    steps.Select(step => Fields.Select(field => Cell(step, field)).ToList()));
            }

            return ExitCodes.Ok;
        });
    }

    private static string Cell(JsonElement step, string field) =>
        !step.TryGetProperty(field, out var value) || value.ValueKind != JsonValueKind.Number ? ""
        : value.TryGetInt64(out var whole) ? whole.ToString(CultureInfo.InvariantCulture)
        : value.GetDouble().ToString("G5", CultureInfo.InvariantCulture);
}
