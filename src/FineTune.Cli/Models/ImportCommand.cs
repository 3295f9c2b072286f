using System.CommandLine;
using FineTune.Cli.Hosting;

namespace FineTune.Cli.Models;

/// <summary><c>finetune models import DIR --as NAME</c>: takes a Hugging Face folder into the storage of this machine's host.</summary>
public static class ImportCommand
{
    public static Command Create(CommandScope scope)
    {
        var folder = new Argument<DirectoryInfo>("DIR") { Description = "A model folder in Hugging Face layout." };
        folder.AcceptExistingOnly();
        var name = new Option<string>("--as") { HelpName = "NAME", Required = true, Description = "The catalogue's name of the model." };
        var data = DataOption.Create("The host's data folder; default that of 'finetune up'.");
        return scope.Handle(new Command("import", "Import weights from a folder.") { folder, name, data }, (call, cancellationToken) =>
            TrainerCall.RunAsync(
                call,
                DataOption.Resolve(call, data),
                call.Get(name)!,
                ["import", call.Get(folder).FullName, "--as", call.Get(name)!],
                cancellationToken));
    }
}
