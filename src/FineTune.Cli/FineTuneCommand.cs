using System.CommandLine;
using System.CommandLine.Invocation;
using FineTune.Cli.Datasets;
using FineTune.Cli.Demo;
using FineTune.Cli.Generation;
using FineTune.Cli.Hosting;
using FineTune.Cli.Models;
using FineTune.Cli.Runs;

namespace FineTune.Cli;

/// <summary>The command line <c>finetune</c>.</summary>
public static class FineTuneCommand
{
    /// <summary>Stopping a local host ends its children and waits for what they are writing.</summary>
    private static readonly TimeSpan GracefulStop = TimeSpan.FromSeconds(30);

    public static RootCommand Create(CliContext context)
    {
        var global = new GlobalOptions();
        var scope = new CommandScope(context, global);
        return new RootCommand($"Fine-tune foundation models on your own machines or in your Azure subscription.\n\n{ExitCodes.Help}")
        {
            global.Json,
            global.Host,
            DemoCommand.Create(scope),
            UpCommand.Create(scope),
            CreateCommand.Create(scope),
            ListCommand.Create(scope),
            GetCommand.Create(scope),
            WatchCommand.Create(scope),
            EventsCommand.Create(scope),
            MetricsCommand.Create(scope),
            CheckpointsCommand.Create(scope),
            PauseCommand.Create(scope),
            PauseCommand.CreateResume(scope),
            CancelCommand.Create(scope),
            RestartCommand.Create(scope),
            DeleteCommand.Create(scope),
            ModelsCommand.Create(scope),
            ChatCommand.Create(scope),
            ValidateCommand.Create(scope),
            TokenizeCommand.Create(scope),
            RenderCommand.Create(scope),
        };
    }

    /// <summary>Runs one command line; the result is one of <see cref="ExitCodes"/>.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, CliContext context, CancellationToken cancellationToken = default)
    {
        // A prompt may begin with '@': no response files.
        var parse = Create(context).Parse(args.Count == 0 ? ["--help"] : args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parse.Action is ParseErrorAction wrong)
        {
            wrong.ShowHelp = false;
        }

        var exitCode = await parse.InvokeAsync(
            new InvocationConfiguration
            {
                Output = context.Terminal.Out,
                Error = context.Terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = GracefulStop,
            },
            cancellationToken);
        return parse.Errors.Count > 0 || args.Count == 0 ? ExitCodes.Refused : exitCode;
    }
}
