using System.CommandLine;
using FineTune.Api.Generation;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Generation;

/// <summary>
/// <c>finetune chat MODEL</c>: asks a model. One answer with <c>--prompt</c> or piped input, otherwise line by line. A line is a prompt of
/// its own, as INSTRUCTION_FINETUNE trains; with <c>--conversation</c> it is a message under the model's chat template.
/// </summary>
public static class ChatCommand
{
    public static Command Create(CommandScope scope)
    {
        var model = new Argument<string>("MODEL") { Description = "A base model, catalog.schema.model[/version] or a checkpoint's path." };
        var prompt = new Option<string?>("--prompt", "-p") { HelpName = "TEXT", Description = "Ask this and end." };
        var conversation = new Option<bool>("--conversation", "-c") { Description = "Keep a conversation, with the model's chat template." };
        var system = new Option<string?>("--system") { HelpName = "TEXT", Description = "The conversation's system message." };
        var sampling = new SamplingSettings();
        var command = new Command("chat", "Ask a model.") { model, prompt, conversation, system };
        foreach (var option in sampling.All)
        {
            command.Add(option);
        }

        return scope.Handle(command, async (call, cancellationToken) =>
        {
            var request = sampling.Read(call, call.Get(model));
            var talk = new Conversation(call.Get(system), call.Get(conversation) || call.Get(system) is not null);
            var terminal = call.Terminal;
            if (call.Get(prompt) is null && terminal.InIsInteractive)
            {
                return await TalkAsync(call, request, talk, cancellationToken);
            }

            var text = call.Get(prompt) ?? (await terminal.In.ReadToEndAsync(cancellationToken)).TrimEnd('\r', '\n');
            if (text.Length == 0)
            {
                throw new UsageException("There is nothing to ask: give --prompt TEXT or pipe a prompt in.");
            }

            var answer = await call.Host.GenerateAsync(talk.Ask(request, text), cancellationToken);
            if (call.Json)
            {
                call.WriteJson(answer);
            }
            else
            {
                await terminal.Out.WriteLineAsync(DisplayText.Lines(answer.Completions[0].Text));
            }

            return ExitCodes.Ok;
        });
    }

    private static async Task<int> TalkAsync(Invocation call, GenerateRequest request, Conversation talk, CancellationToken cancellationToken)
    {
        var terminal = call.Terminal;
        await terminal.Error.WriteLineAsync($"Talking to {request.Model}. An empty line or Ctrl-D ends.");
        while (true)
        {
            await terminal.Error.WriteAsync("> ");
            await terminal.Error.FlushAsync(cancellationToken);

            // The console's reader cannot be cancelled; the wait for it can.
            var line = await Task.Run(terminal.In.ReadLine, cancellationToken).WaitAsync(cancellationToken);
            if (string.IsNullOrWhiteSpace(line))
            {
                return ExitCodes.Ok;
            }

            var answer = await call.Host.GenerateAsync(talk.Ask(request, line), cancellationToken);
            talk.Answered(answer.Completions[0].Text);
            if (call.Json)
            {
                call.WriteJson(answer);
            }
            else
            {
                await terminal.Out.WriteLineAsync(DisplayText.Lines(answer.Completions[0].Text));
            }
        }
    }
}
