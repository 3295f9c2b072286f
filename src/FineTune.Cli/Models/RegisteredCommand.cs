using System.CommandLine;
using System.Text.Json;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Models;

/// <summary><c>finetune models registered</c>: what runs have made.</summary>
public static class RegisteredCommand
{
    private static readonly string[] NameParts = ["catalog", "schema", "model"];

    public static Command Create(CommandScope scope) =>
        scope.Handle(new Command("registered", "List the registered models."), async (call, cancellationToken) =>
        {
            var models = await call.Host.RegisteredModelsAsync(cancellationToken);
            if (call.Json)
            {
                call.WriteJson(models);
            }
            else if (models.Count == 0)
            {
                await call.Terminal.Out.WriteLineAsync("No model is registered yet: a run registers one when it completes.");
            }
            else
            {
                TextTable.Write(
                    call.Terminal.Out,
                    ["NAME", "VERSION", "RUN", "CREATED"],
                    models.Select(model => new[] { Name(model), Text(model, "version"), Text(model, "run_id"), Text(model, "created_at") }));
            }

            return ExitCodes.Ok;
        });

    /// <summary>The registry states a name in its parts or as one text.</summary>
    private static string Name(JsonElement model) =>
        model.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.Object
            ? string.Join('.', NameParts.Select(part => Text(name, part)))
            : Text(model, "name");

    private static string Text(JsonElement model, string field) => model.TryGetProperty(field, out var value) ? value.ToString() : "";
}
