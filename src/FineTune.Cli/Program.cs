using FineTune.Cli;
using FineTune.Cli.Terminals;

return await FineTuneCommand.RunAsync(args, new CliContext(Terminal.OfProcess()));
