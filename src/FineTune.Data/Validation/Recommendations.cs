using System.Globalization;
using FineTune.Core.Runs;

namespace FineTune.Data.Validation;

/// <summary>The origin document's advice on the size of data and the number of epochs.</summary>
internal static class Recommendations
{
    private const long PretrainTokens = 1_500_000;
    private const long MaximumEpochs = 4;
    private const long SmallestFile = 60L << 20;
    private const long LargestFile = 256L << 20;

    public static IReadOnlyList<Recommendation> For(TaskType taskType, long tokens, IReadOnlyList<long> fileBytes, ValidationOptions options)
    {
        var list = new List<Recommendation>();
        if (taskType == TaskType.ContinuedPretrain)
        {
            var fitting = fileBytes.Count(bytes => bytes is >= SmallestFile and <= LargestFile);
            list.Add(new("tokens", tokens >= PretrainTokens, Text($"At least {PretrainTokens:N0} tokens for continued pre-training; here are {tokens:N0}.")));
            list.Add(new(
                "file_size",
                fitting == fileBytes.Count,
                Text($"Files of 60 to 256 MB, and none above 1 GB, which take longer; {fitting:N0} of {fileBytes.Count:N0} are of that size.")));
        }
        else if (FullContext(options) is { } context)
        {
            list.Add(new("tokens", tokens >= context, Text($"Tokens for at least one full context of the model, {context:N0}; here are {tokens:N0}.")));
        }

        if (options.TrainingDuration is { Unit: DurationUnit.Epochs, Amount: var epochs })
        {
            list.Add(new(
                "epochs",
                epochs <= MaximumEpochs,
                Text($"One to four epochs at first, one or two more if the answers should be closer to the data; asked for: {epochs:N0}.")));
        }

        list.Add(new("limit", tokens <= options.MaximumTokens, Text($"At most {options.MaximumTokens:N0} tokens.")));
        return list;
    }

    private static long? FullContext(ValidationOptions options) =>
        options.Model is { MaxContextLength: < int.MaxValue and var longest } ? longest : options.Encoder?.ContextLength ?? options.ContextLength;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
