using System.CommandLine;
using FineTune.Core.Faults;
using FineTune.Core.Json;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;

namespace FineTune.Cli.Datasets;

/// <summary><c>finetune render FILE --tokenizer DIR</c>: what a model sees of each conversation, and what of it carries loss.</summary>
public static class RenderCommand
{
    public static Command Create(CommandScope scope)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "A .jsonl file of conversations (messages)." };
        file.AcceptExistingOnly();
        var tokenizer = TokenizerOption.Create();
        var date = new Option<DateOnly?>("--date") { HelpName = "YYYY-MM-DD", Description = "The date that templates show; default today (UTC)." };
        var family = new Option<string?>("--template")
        {
            HelpName = "FAMILY",
            Description = "Whose template to use when the folder has none: dbrx, llama2, llama3, llama3.1, llama3.2, mistral, mixtral.",
        };
        var command = new Command(
            "render",
            "Print each conversation of a file as the model's chat template renders it: {\"text\": …, \"trained\": [[start, end], …]}. "
                + "Trained are the ranges that carry loss, end exclusive, counted in Unicode code points as Python does. "
                + "Examples that can't be rendered are named on stderr; then the exit code is 2.")
        {
            file, tokenizer, date, family,
        };
        return scope.Handle(command, async (call, cancellationToken) =>
        {
            var loaded = Tokenizer.Load(call.Get(tokenizer)!.FullName);
            var today = call.Get(date) ?? DateOnly.FromDateTime(call.Context.Clock.GetUtcNow().UtcDateTime);
            var template = ChatTemplate.For(loaded, today, TemplateOf(call.Get(family)));
            return await RunAsync(new ExampleEncoder(loaded, template, int.MaxValue), call.Get(file)!, call, cancellationToken);
        });
    }

    private static string? TemplateOf(string? family) => family is null ? null : ModelCatalogue.ChatTemplateText(family)
        ?? throw new UsageException($"--template {family}: there is no such family; see --help.");

    private static async Task<int> RunAsync(ExampleEncoder encoder, FileInfo file, Invocation call, CancellationToken cancellationToken)
    {
        var refused = false;
        var reader = new DatasetReader(TaskType.ChatCompletion, DatasetOptions.Default, problem =>
        {
            refused |= problem.Severity == ProblemSeverity.Error;
            call.Terminal.Error.WriteLine($"{problem.File}:{problem.Line}: {problem.Message}");
        });
        await foreach (var item in reader.ReadAsync([DatasetSource.FromFile(file.FullName)], cancellationToken))
        {
            try
            {
                await call.Terminal.Out.WriteLineAsync(WireJson.Serialize(encoder.Render((ChatExample)item)));
            }
            catch (FaultException unrendered)
            {
                refused = true;
                await call.Terminal.Error.WriteLineAsync($"{(item.Record is null ? $"{item.File}:{item.Line}" : unrendered.Fault.Place)}: {unrendered.Fault.Message}");
            }
        }

        await call.Terminal.Out.FlushAsync(cancellationToken);
        return refused ? ExitCodes.Refused : ExitCodes.Ok;
    }
}
