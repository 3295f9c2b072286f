using System.CommandLine;
using FineTune.Cli.Runs;
using FineTune.Core.Estimates;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;
using FineTune.Data.Validation;
using FineTune.Data.Validation.Html;

namespace FineTune.Cli.Datasets;

/// <summary>
/// <c>finetune validate FILE</c>: everything wrong with local data, without a host. Exit codes: 0 clean, 1 with errors, 2 unusable.
/// </summary>
public static class ValidateCommand
{
    private const int DefaultContext = 8192;

    public static Command Create(CommandScope scope)
    {
        var run = new CreateOptions();
        var file = new Argument<string>("FILE") { Description = "A file, a folder of files, or a pattern such as 'data/**/*.jsonl.gz': .jsonl, .json, .csv, .txt, each also with .gz or .zst, .parquet; or the folder of a Delta table." };
        var model = new Option<string?>("--model") { HelpName = "M", Description = "A model of the catalogue, or a folder with tokenizer.json: then tokens are counted." };
        var eval = new Option<string?>("--eval-data-path") { HelpName = "FILE", Description = "Evaluation data, checked too, and against the training data." };
        var page = new Option<FileInfo?>("--html") { HelpName = "FILE", Description = "Write the report as a page, too." };
        var command = new Command("validate", "Find every mistake in local data. Exit codes: 0 clean, 1 with errors, 2 unusable.")
        {
            file, run.TaskType, model, run.ContextLength, eval, run.TrainingDuration, run.BatchSize, page,
        };
        return scope.Handle(command, async (call, cancellationToken) =>
        {
            var taskType = call.Get(run.TaskType)
                ?? await TaskTypeGuess.OfAsync(await LocalSources.OpenAsync("FILE", call.Get(file), taskType: null, cancellationToken), cancellationToken);
            var train = await LocalSources.OpenAsync("FILE", call.Get(file), taskType, cancellationToken);
            var evalSources = call.Get(eval) is { } path ? await LocalSources.OpenAsync("--eval-data-path", path, taskType, cancellationToken) : null;
            var options = Options(call, run, call.Get(model), taskType);
            var reports = await DatasetValidator.ValidateAsync(train, evalSources, taskType, options, cancellationToken);
            if (call.Get(page) is { } html)
            {
                await File.WriteAllTextAsync(html.FullName, ValidationPage.Render(reports), cancellationToken);
            }

            if (call.Json)
            {
                call.WriteJson(reports);
            }
            else
            {
                ValidationText.Write(call.Terminal.Out, reports);
            }

            return reports.IsValid ? ExitCodes.Ok : ExitCodes.Failed;
        });
    }

    private static ValidationOptions Options(Invocation call, CreateOptions run, string? model, TaskType taskType)
    {
        var duration = TrainingDuration.Default;
        if (call.Get(run.TrainingDuration) is { } text && !TrainingDuration.TryParse(text, out duration))
        {
            throw new UsageException($"--training-duration '{text}' is no duration; write e.g. 3ep, 100ba or 1000000tok.");
        }

        var folder = Directory.Exists(model) ? model : null;
        CatalogueModel? known = null;
        if (folder is null && model is not null && !ModelCatalogue.Default.TryFind(model, out known))
        {
            throw new UsageException($"--model '{model}' is neither in the catalogue nor a folder here; see 'finetune models'.");
        }

        var context = call.Get(run.ContextLength) ?? Math.Min(DefaultContext, known?.MaxContextLength ?? DefaultContext);
        if (context < 2)
        {
            throw new UsageException($"--context-length {context} is too small: a sequence needs at least two tokens.");
        }

        return new ValidationOptions
        {
            Model = known,
            ContextLength = context,
            Encoder = folder is null ? null : Encoder(folder, taskType, context, call.Context.Clock),
            TrainingDuration = duration,
            BatchSize = call.Get(run.BatchSize) ?? ValidationOptions.Default.BatchSize,
            Gpus = GpuPrice.Load(call.Context.Variable("FINETUNE_GPU_PRICES")),
        };
    }

    private static ExampleEncoder Encoder(string folder, TaskType taskType, int context, TimeProvider clock)
    {
        var tokenizer = Tokenizer.Load(folder);
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        return new ExampleEncoder(tokenizer, taskType == TaskType.ChatCompletion ? ChatTemplate.For(tokenizer, today) : null, context);
    }
}
