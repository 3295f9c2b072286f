using System.CommandLine;
using System.Globalization;
using FineTune.Api.Models;
using FineTune.Cli.Terminals;
using FineTune.Core.Models;

namespace FineTune.Cli.Models;

/// <summary><c>finetune models</c>: what runs may start from.</summary>
public static class ModelsCommand
{
    public static Command Create(CommandScope scope)
    {
        var command = new Command("models", "List the base models, or add one.")
        {
            RegisteredCommand.Create(scope),
            ImportCommand.Create(scope),
            InitCommand.Create(scope),
        };
        return scope.Handle(command, async (call, cancellationToken) =>
        {
            var models = await call.Host.ModelsAsync(cancellationToken);
            if (call.Json)
            {
                call.WriteJson(models);
            }
            else
            {
                TextTable.Write(call.Terminal.Out, ["NAME", "WEIGHTS", "CONTEXT", "PARAMETERS", "LICENCE", "STATUS"], models.Select(Row));
            }

            return ExitCodes.Ok;
        });
    }

    private static string[] Row(ModelView model) =>
    [
        model.Name,
        model.Imported ? "here" : "to import",
        Format.Count(model.MaxContextLength),
        Parameters(model.Parameters),
        model.License.Name + (model.LicenseAcceptanceRequired ? " (to accept)" : ""),
        model.Status == ModelStatus.Supported ? "supported" : $"to be retired: use {model.Replacement}",
    ];

    private static string Parameters(long? count) => count switch
    {
        null => "",
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{count / 1e9:0.#} B"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{count / 1e6:0.#} M"),
    };
}
