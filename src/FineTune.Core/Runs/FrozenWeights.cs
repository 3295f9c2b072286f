using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FineTune.Core.Faults;
using FineTune.Core.Models;

namespace FineTune.Core.Runs;

/// <summary>
/// Weights that training leaves as they are, by patterns over their Hugging Face names, in the way of shells: <c>*</c> any characters,
/// <c>?</c> one, <c>[0-3]</c> one of these, <c>{q,k}</c> one of the alternatives, <c>{0..7}</c> a number of the range. E.g.
/// <c>model.embed_tokens.*</c> or <c>model.layers.{0..7}.*</c>.
/// </summary>
public static partial class FrozenWeights
{
    private const int MaxRange = 1000;
    private const int MaxLength = 200;

    /// <summary>The weights of a model that are trained, in the model's order.</summary>
    /// <param name="patterns">Null trains all.</param>
    /// <exception cref="FaultException">A pattern is malformed or matches no weight, or all weights are frozen.</exception>
    public static IReadOnlyList<WeightShape> Trained(ModelShape model, IReadOnlyList<string>? patterns)
    {
        var weights = LlamaWeights.Of(model);
        var matchers = (patterns ?? []).Select(pattern => (Pattern: pattern, Matcher: Compile(pattern))).ToList();
        if (matchers.Where(entry => !weights.Any(weight => entry.Matcher.IsMatch(weight.Name))).Select(entry => entry.Pattern).ToList() is { Count: > 0 } unknown)
        {
            throw Invalid($"hyperparameters.freeze: {string.Join(", ", unknown.Select(pattern => $"'{pattern}'"))} matches no weight of the model. {Names(model, unknown)}");
        }

        WeightShape[] trained = [.. weights.Where(weight => !matchers.Any(entry => entry.Matcher.IsMatch(weight.Name)))];
        return trained.Length > 0
            ? trained
            : throw Invalid("hyperparameters.freeze matches every weight of the model: nothing is left to train. Take a pattern away.");
    }

    /// <summary>The lowest layer with a weight that is trained: the number of layers when there is none, -1 when the embedding is trained.</summary>
    public static int LowestLayer(ModelShape model, IReadOnlyList<WeightShape> trained) =>
        trained.Any(weight => weight.Name == LlamaWeights.Embedding)
            ? -1
            : Enumerable.Range(0, model.Layers)
                .FirstOrDefault(layer => trained.Any(weight => weight.Name.StartsWith(LlamaWeights.Prefix(layer), StringComparison.Ordinal)), model.Layers);

    /// <summary>What is wrong with the form of a pattern; null when nothing is.</summary>
    public static Fault? Check(string? pattern)
    {
        try
        {
            Compile(pattern);
            return null;
        }
        catch (FaultException malformed)
        {
            return malformed.Fault;
        }
    }

    private static Regex Compile(string? pattern)
    {
        if (string.IsNullOrWhiteSpace(pattern) || pattern.Length > MaxLength || !Allowed().IsMatch(pattern))
        {
            throw Invalid(
                $"hyperparameters.freeze: '{pattern}' is no pattern of weight names. Give names such as model.layers.0.mlp.up_proj.weight, with *, ?, [0-3], "
                    + "{q,k} or {0..7} in place of parts.");
        }

        var expression = new StringBuilder("^");
        foreach (Match part in Parts().Matches(pattern))
        {
            expression.Append(part.Value switch
            {
                "*" => ".*",
                "?" => ".",
                ['[', ..] => part.Value,
                ['{', .. var inner, '}'] => Alternatives(pattern, inner),
                var text => Regex.Escape(text),
            });
        }

        return new Regex(expression.Append('$').ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
    }

    private static string Alternatives(string pattern, string inner)
    {
        if (inner.Split("..") is not [var first, var last])
        {
            return $"(?:{string.Join('|', inner.Split(',').Select(Regex.Escape))})";
        }

        var isRange = int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            & int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var to);
        return isRange && from <= to && to - from < MaxRange
            ? $"(?:{string.Join('|', Enumerable.Range(from, to - from + 1))})"
            : throw Invalid($"hyperparameters.freeze: '{{{inner}}}' in '{pattern}' is no range of numbers. Write it like {{0..7}}.");
    }

    private static string Names(ModelShape model, List<string> unknown) =>
        model.TieWordEmbeddings && unknown.Any(pattern => pattern.StartsWith("lm_head", StringComparison.Ordinal))
            ? $"Its output projection is the embedding: freeze {LlamaWeights.Embedding}, or nothing of the two."
            : $"Its weights are {LlamaWeights.Embedding}, model.layers.0 to model.layers.{model.Layers - 1}, {LlamaWeights.FinalNorm}"
                + (model.TieWordEmbeddings ? "." : $" and {LlamaWeights.Output}.") + " Names end in .weight; .* takes all below.";

    private static FaultException Invalid(string message) => new(Fault.Caller("plan_training", "freeze_invalid", message, "hyperparameters.freeze"));

    [GeneratedRegex(@"^(?:[A-Za-z0-9_.*?]|\[[A-Za-z0-9_-]+\]|\{[A-Za-z0-9_.,]+\})+$")]
    private static partial Regex Allowed();

    [GeneratedRegex(@"\*|\?|\[[^\]]*\]|\{[^}]*\}|[^*?\[{]+")]
    private static partial Regex Parts();
}
