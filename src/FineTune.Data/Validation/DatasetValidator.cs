using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Validation;

/// <summary>Reads a whole data set and lists everything that is wrong with it, before anything is trained.</summary>
public static class DatasetValidator
{
    public static async Task<ValidationReport> ValidateAsync(
        IReadOnlyList<DatasetSource> sources, TaskType taskType, ValidationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= ValidationOptions.Default;
        var problems = new ProblemList(options.DetailsPerCode);
        var reader = new DatasetReader(taskType, options.Reading, problems.Add);
        var examples = 0L;
        await foreach (var item in reader.ReadAsync(sources, cancellationToken))
        {
            examples += item is DocumentPart { EndsDocument: false } ? 0 : 1;
        }

        CheckCount(examples, taskType, options, problems);
        return new ValidationReport(
            taskType, sources.Count, examples, reader.Bytes, problems.Errors, problems.Warnings, problems.Counts, problems.Details);
    }

    private static void CheckCount(long examples, TaskType taskType, ValidationOptions options, ProblemList problems)
    {
        if (examples == 0 && problems.Errors == 0)
        {
            problems.Add(new DatasetProblem(
                ProblemSeverity.Error, ProblemCodes.EmptyDataset, null, null, null, "The data set has no examples; is the path right?", null));
        }
        else if (examples < options.FewExamples && examples > 0 && taskType != TaskType.ContinuedPretrain)
        {
            problems.Add(new DatasetProblem(
                ProblemSeverity.Warning,
                ProblemCodes.FewExamples,
                null,
                null,
                null,
                $"There are {examples} examples only; OpenAI refuses fewer than {options.FewExamples}, and 50 to 100 are advised. Add more.",
                null));
        }
    }

    private sealed class ProblemList(int detailsPerCode)
    {
        private readonly SortedDictionary<string, long> counts = new(StringComparer.Ordinal);

        public IReadOnlyDictionary<string, long> Counts => counts;

        public List<DatasetProblem> Details { get; } = [];

        public long Errors { get; private set; }

        public long Warnings { get; private set; }

        public void Add(DatasetProblem problem)
        {
            var count = counts.GetValueOrDefault(problem.Code) + 1;
            counts[problem.Code] = count;
            (Errors, Warnings) = problem.Severity == ProblemSeverity.Error ? (Errors + 1, Warnings) : (Errors, Warnings + 1);
            if (count <= detailsPerCode)
            {
                Details.Add(problem);
            }
        }
    }
}
