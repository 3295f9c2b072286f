using System.Globalization;
using System.Text.Json.Serialization;

namespace FineTune.Workflows.Evaluation;

/// <summary>Answers of the trained model that are copies of training data.</summary>
/// <param name="Compared">Answers long enough to tell.</param>
/// <param name="NotChecked">Why they could not be compared; null when they were.</param>
public sealed record Memorization(int Compared, IReadOnlyList<CopiedAnswer> Copies, string? NotChecked = null)
{
    /// <summary>What a user should know and do; null while all is well.</summary>
    public string? Warning() => Copies.Count == 0 ? null : string.Create(
        CultureInfo.InvariantCulture,
        $"{Copies.Count} of {Compared} answer(s) to eval_prompts are exact copies of training data (the first of {Copies[0].File}, "
            + $"{Copies[0].Record ?? "line"} {Copies[0].Line}). {TrainingAdvice.FewerEpochs}");
}

/// <summary>An answer that stands in the training data word for word.</summary>
/// <param name="File">Of the training data.</param>
/// <param name="Line">Of the example; in a text file, where the part begins that holds the copy.</param>
public sealed record CopiedAnswer(string Prompt, string Response, string File, long Line)
{
    /// <summary>What <see cref="Line"/> counts where it isn't lines: element, row.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Record { get; init; }
}
