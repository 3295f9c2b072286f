using FineTune.Core.Faults;
using FineTune.Trainer;
using FineTune.Trainer.Epochs;
using FineTune.Trainer.Models;
using FineTune.Trainer.Serve;

const string Usage = """
    FineTune.Trainer: trains, generates and prepares models. Storage is named by AzureWebJobsStorage, or AzureWebJobsStorage__accountName.

      FineTune.Trainer work [--once] [--device cpu|cuda|cuda:0,1]
                                          take epochs from the queue (--once: one, then end; for container jobs)
      FineTune.Trainer serve [--port N]   generate text over loopback HTTP (port 0: any free one)
      FineTune.Trainer init-model --text FILE [--text FILE …] --as NAME [--dim N --layers N --heads N --kv-heads N --ffn N
                                  --merges N --context N --seed N --untied]
      FineTune.Trainer import FOLDER --as NAME
    """;

try
{
    var arguments = new Arguments(args.Skip(1));
    switch (args.FirstOrDefault())
    {
        case "work":
            return await WorkCommand.RunAsync(arguments);
        case "serve":
            return await ServeCommand.RunAsync(arguments);
        case "init-model":
            return await InitModelCommand.RunAsync(arguments);
        case "import":
            return await ImportCommand.RunAsync(arguments);
        default:
            await Console.Error.WriteLineAsync(Usage);
            return 2;
    }
}
catch (FaultException refused)
{
    await Console.Error.WriteLineAsync(refused.Fault.Message);
    return 2;
}
