using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>
/// Reads whole data sets and lists everything that is wrong with them, before anything is trained. Blocks are checked in parallel; memory is
/// bounded whatever the size.
/// </summary>
public static class DatasetValidator
{
    /// <summary>Checks one data set.</summary>
    public static async Task<ValidationReport> ValidateAsync(
        IReadOnlyList<DatasetSource> sources, TaskType taskType, ValidationOptions? options = null, CancellationToken cancellationToken = default) =>
        (await ValidateAsync(sources, null, taskType, options, cancellationToken)).Train;

    /// <summary>Checks training data, and evaluation data where there is any, also against each other.</summary>
    public static async Task<ValidationReports> ValidateAsync(
        IReadOnlyList<DatasetSource> train,
        IReadOnlyList<DatasetSource>? eval,
        TaskType taskType,
        ValidationOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        options ??= ValidationOptions.Default;
        using var index = new ExampleIndex(options.WorkDirectory, options.HashesInMemory);
        var trainPass = new ValidationPass(train, isEval: false, taskType, options, index);
        await trainPass.ReadAsync(cancellationToken);
        var evalPass = eval is null ? null : new ValidationPass(eval, isEval: true, taskType, options, index);
        await (evalPass?.ReadAsync(cancellationToken) ?? Task.CompletedTask);
        ReportRepetitions(index, train, eval ?? [], trainPass.Problems, evalPass?.Problems, options.DetailsPerCode);
        return new ValidationReports(
            trainPass.ToReport(), evalPass?.ToReport(), options.Model?.Name, options.Encoder?.ContextLength ?? options.ContextLength);
    }

    private static void ReportRepetitions(
        ExampleIndex index,
        IReadOnlyList<DatasetSource> train,
        IReadOnlyList<DatasetSource> eval,
        ProblemList trainProblems,
        ProblemList? evalProblems,
        int listed)
    {
        var kinds = new[] { new FirstRepetitions(listed), new FirstRepetitions(listed), new FirstRepetitions(listed) };
        foreach (var repetition in index.Repetitions())
        {
            kinds[repetition.IsLeak ? 2 : repetition.Again.IsEval ? 1 : 0].Add(repetition);
        }

        kinds[0].Report(trainProblems, ProblemCodes.DuplicateExample, Describe);
        kinds[1].Report(evalProblems, ProblemCodes.DuplicateExample, Describe);
        kinds[2].Report(evalProblems, ProblemCodes.LeakedExample, Describe);

        DatasetProblem Describe(string code, Repetition repetition)
        {
            var (first, again) = repetition;
            var what = code == ProblemCodes.LeakedExample ? "training data" : "example";
            return new DatasetProblem(
                ProblemSeverity.Warning, code, Name(again), again.Line, null, $"The same as the {what} of {Name(first)}, line {first.Line}.", null);
        }

        string Name(ExamplePlace place) => (place.IsEval ? eval : train)[place.File].Name;
    }
}
