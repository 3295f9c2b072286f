using System.Globalization;
using System.Net;
using System.Text;
using FineTune.Data.Datasets;

namespace FineTune.Data.Validation.Html;

/// <summary>Validation reports as one self-contained HTML page: no script, nothing loaded from elsewhere.</summary>
public static class ValidationPage
{
    /// <summary>Rows of a table; the JSON report has the others.</summary>
    private const int ShownProblems = 500;

    /// <summary>Places named beside what to do.</summary>
    private const int ShownPlaces = 3;

    public static string Render(ValidationReports reports)
    {
        var train = reports.Train;
        var errors = train.Errors + (reports.Eval?.Errors ?? 0);
        var warnings = train.Warnings + (reports.Eval?.Warnings ?? 0);
        var files = train.Files + (reports.Eval?.Files ?? 0);
        return Fill(new Dictionary<string, string>
        {
            ["verdict_class"] = reports.IsValid ? "good" : "bad",
            ["verdict"] = Text(errors > 0 ? $"{Count(errors, "error")} to mend before training"
                : warnings > 0 ? $"Ready to train, with {Count(warnings, "warning")}"
                : "Ready to train"),
            ["lead"] = Text($"{TaskTypeNames.Of(train.TaskType)} · {Count(files, "file")}, {Bytes(train.Bytes + (reports.Eval?.Bytes ?? 0))}"
                + (reports.Model is { } model ? $" · {model}" : "") + (reports.ContextLength is { } context ? Format($" · context {context:N0}") : "")),
            ["cards"] = Cards(reports, errors, warnings),
            ["todo"] = ToDo(reports),
            ["problems"] = Problems("Errors", reports, ProblemSeverity.Error, errors) + Problems("Warnings", reports, ProblemSeverity.Warning, warnings),
            ["lengths"] = train.Tokens is { Lengths.Count: > 0 } tokens
                ? $"<h2>Length of examples</h2><p class=\"soft\">{Text(Lengths(tokens))}</p>{LengthChart.Render(tokens.Lengths, reports.ContextLength)}"
                : "",
            ["advice"] = train.Recommendations.Count == 0 ? "" : $"<h2>Recommendations</h2><ul class=\"advice\">{string.Concat(train.Recommendations.Select(Advice))}</ul>",
            ["estimate"] = EstimateTable.Render(train.Estimate),
        });
    }

    internal static string Text(string text) => WebUtility.HtmlEncode(Visible(text));

    internal static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string Cards(ValidationReports reports, long errors, long warnings)
    {
        var (train, tokens) = (reports.Train, reports.Train.Tokens);
        var cards = new List<(string Value, string Label)>
        {
            (Format($"{train.Examples:N0}"), "training examples"),
            (Format($"{errors:N0}"), errors == 1 ? "error" : "errors"),
            (Format($"{warnings:N0}"), warnings == 1 ? "warning" : "warnings"),
        };
        if (reports.Eval is { } eval)
        {
            cards.Insert(1, (Format($"{eval.Examples:N0}"), "evaluation examples"));
        }

        if (tokens is not null)
        {
            cards.Add(((tokens.Exact ? "" : "≈ ") + Format($"{tokens.PerEpoch:N0}"), "tokens an epoch"));
            cards.Add(((tokens.Exact ? "" : "≈ ") + Format($"{tokens.Total:N0}"), "tokens in all epochs"));
        }

        if (tokens?.TrainedPerEpoch is { } trained)
        {
            cards.Add((Format($"{trained:N0}"), "tokens trained on an epoch"));
        }

        return string.Concat(cards.Select(card => $"<div><b>{Text(card.Value)}</b><span>{Text(card.Label)}</span></div>"));
    }

    /// <summary>One line for each kind of problem: errors first, the most frequent first.</summary>
    private static string ToDo(ValidationReports reports)
    {
        var places = reports.Train.Problems.Concat(reports.Eval?.Problems ?? []).ToLookup(problem => problem.Code);
        var kinds = reports.Train.Counts.Concat(reports.Eval?.Counts ?? new Dictionary<string, long>())
            .GroupBy(pair => pair.Key, pair => pair.Value)
            .Select(kind => (Kind: ProblemKinds.Find(kind.Key), Count: kind.Sum()))
            .Where(kind => kind.Kind is not null)
            .OrderByDescending(kind => kind.Kind!.Severity).ThenByDescending(kind => kind.Count)
            .Select(kind => $"<li><b class=\"{Class(kind.Kind!.Severity)}\">{Format($"{kind.Count:N0}")} × {Text(kind.Kind.Meaning.TrimEnd('.'))}.</b> "
                + $"{Text(kind.Kind.Cure)} <span class=\"soft\">{Text(Places(places[kind.Kind.Code], kind.Count))}<code>{kind.Kind.Code}</code></span></li>");
        var list = string.Concat(kinds);
        return list.Length == 0 ? "" : $"<h2>What to do</h2><ol class=\"todo\">{list}</ol>";
    }

    /// <summary>The first places of a kind of problem, such as <c>a.jsonl:4, a.jsonl:9, … ·</c>.</summary>
    private static string Places(IEnumerable<DatasetProblem> problems, long count)
    {
        var first = problems.Where(problem => problem.Line is not null).Take(ShownPlaces).ToList();
        return first.Count == 0 ? ""
            : string.Join(", ", first.Select(problem => problem.Place)) + (count > first.Count ? ", … · " : " · ");
    }

    private static string Problems(string title, ValidationReports reports, ProblemSeverity severity, long count)
    {
        if (count == 0)
        {
            return "";
        }

        var rows = reports.Train.Problems.Concat(reports.Eval?.Problems ?? []).Where(problem => problem.Severity == severity).Take(ShownProblems).ToList();
        var shown = count > rows.Count ? Format($", the first {rows.Count:N0} of {count:N0}") : Format($", {count:N0}");
        var table = $"<div class=\"wide\"><table><thead><tr><th>File</th><th class=\"n\">Line</th><th>Field</th><th>Problem</th><th>Value</th></tr></thead><tbody>"
            + $"{string.Concat(rows.Select(Row))}</tbody></table></div>";
        return severity == ProblemSeverity.Error
            ? $"<h2>{title}<span class=\"soft\">{shown}</span></h2>{table}"
            : $"<h2>{title}</h2><details{(reports.IsValid ? " open" : "")}><summary>{title}{shown}</summary>{table}</details>";
    }

    private static string Row(DatasetProblem problem) =>
        $"<tr><td>{Text(problem.File ?? "all")}</td><td class=\"n\">{(problem.Line is { } line ? Format($"{line:N0}") : "")}{(DatasetProblem.OtherThanLine(problem.Record) is { } record ? $" <span class=\"soft\">({Text(record)})</span>" : "")}</td>"
        + $"<td>{(problem.Field is { } field ? $"<code class=\"field\">{Text(field)}</code>" : "")}</td>"
        + $"<td><span class=\"{Class(problem.Severity)}\">{Text(problem.Message)}</span> {Text(problem.Cure)}"
        + $"{(problem.RefusedBy is { } refused ? $" <span class=\"soft\">Refused by {Text(refused)}.</span>" : "")}</td>"
        + $"<td>{(problem.Excerpt is { Length: > 0 } excerpt ? $"<code>{Text(excerpt)}</code>" : "")}</td></tr>\n";

    private static string Lengths(TokenStatistics tokens) =>
        Format($"The longest example has {tokens.LongestExample:N0} tokens. ")
        + (tokens.Truncated == 0 ? "None loses its end to the context." : Format($"{tokens.Truncated:N0} lose their end, {tokens.TruncatedTokens:N0} tokens in all."))
        + (tokens.Dropped == 0 ? "" : Format($" {tokens.Dropped:N0} have nothing to train on within the context."));

    private static string Advice(Recommendation advice) =>
        $"<li><span class=\"{(advice.Met ? "good" : "warn")}\">{(advice.Met ? "✓" : "!")}</span>&ensp;{Text(advice.Text)}</li>";

    private static string Class(ProblemSeverity severity) => severity == ProblemSeverity.Error ? "bad" : "warn";

    internal static string Count(long count, string noun) => Format($"{count:N0} {noun}") + (count == 1 ? "" : "s");

    private static string Bytes(long bytes) => bytes < 1_000_000 ? Format($"{bytes / 1e3:0.#} kB") : bytes < 1_000_000_000 ? Format($"{bytes / 1e6:0.#} MB") : Format($"{bytes / 1e9:0.##} GB");

    /// <summary>Control and direction marks of hostile data would hide or reorder what the page says.</summary>
    private static string Visible(string text) => string.Concat(text.EnumerateRunes().Select(rune =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format ? "\uFFFD" : rune.ToString()));

    private static string Fill(Dictionary<string, string> fields)
    {
        using var stream = typeof(ValidationPage).Assembly.GetManifestResourceStream("validation-page.html")!;
        using var reader = new StreamReader(stream);
        var parts = reader.ReadToEnd().Split("{{");
        return parts[0] + string.Concat(parts.Skip(1).Select(part => part.Split("}}", 2)).Select(part => fields[part[0]] + part[1]));
    }
}
