using System.Globalization;
using System.Net;
using System.Text;
using FineTune.Cli.Runs;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Demo;

/// <summary>The demo's result as one self-contained HTML page: no script, nothing loaded from elsewhere.</summary>
public static class DemoPage
{
    private const int Shown = 10;

    public static string Render(DemoResult result)
    {
        var fields = new Dictionary<string, string>
        {
            ["verdict_class"] = result.Passed ? "good" : "bad",
            ["verdict"] = result.Passed ? "Passed" : "Missed its target",
            ["model"] = Text(result.Plan.Model),
            ["registered"] = Text(RunText.Registered(result.Tuning.Run)),
            ["duration"] = Format.Duration(result.Seconds),
            ["held_out_count"] = Count(result.HeldOut.Count),
            ["recombined_count"] = Count(result.Recombined.Count),
            ["base_share"] = Format.Percent(result.Score.Base),
            ["tuned_share"] = Format.Percent(result.Score.Tuned),
            ["recombined_share"] = Format.Percent(result.Score.Recombined),
            ["tuned_target"] = Format.Percent(result.Plan.TunedTarget),
            ["recombined_target"] = Format.Percent(result.Plan.RecombinedTarget),
            ["caveat"] = Text(DemoReport.Caveat),
            ["charts"] = Figure(result.Pretraining) + Figure(result.Tuning),
            ["shown_answers"] = Rows(result.HeldOut.Take(Shown), withBase: true),
            ["other_answers"] = Rows(result.HeldOut.Skip(Shown), withBase: true),
            ["other_count"] = Count(Math.Max(0, result.HeldOut.Count - Shown)),
            ["recombined_answers"] = Rows(result.Recombined, withBase: false),
        };
        var page = new StringBuilder();
        var template = Template();
        var at = 0;
        for (var open = template.IndexOf("{{", StringComparison.Ordinal); open >= 0; open = template.IndexOf("{{", at, StringComparison.Ordinal))
        {
            var close = template.IndexOf("}}", open, StringComparison.Ordinal);
            page.Append(template, at, open - at).Append(fields[template[(open + 2)..close]]);
            at = close + 2;
        }

        return page.Append(template, at, template.Length - at).ToString();
    }

    private static string Figure(DemoStage stage)
    {
        var metrics = stage.Run.Metrics;
        var eval = metrics?.EvalLoss is not { } after ? ""
            : metrics.InitialEvalLoss is { } before ? $" Loss on held-out data {Format.Loss(before)} → {Format.Loss(after)}."
            : $" Loss on held-out data {Format.Loss(after)}.";
        return $"<figure>{LossChart.Render(stage)}<figcaption><b>{Text(stage.Title)}</b> · training loss (nats a token, logarithmic) by step."
            + $"{Text(eval)} Run <code>{Text(stage.Run.Id)}</code>.</figcaption></figure>";
    }

    private static string Rows(IEnumerable<DemoAnswer> answers, bool withBase) => string.Concat(answers.Select(answer =>
        $"<tr><td>{Text(answer.Prompt)}</td>{(withBase ? Cell(answer.Base ?? "", answer.BaseIsRight, null) : "")}"
        + $"{Cell(answer.Tuned, answer.TunedIsRight, answer.Expected)}</tr>\n"));

    /// <param name="expected">Shown below a wrong answer; null for none.</param>
    private static string Cell(string answer, bool right, string? expected) =>
        $"<td><span class=\"{(right ? "good" : "bad")}\">{(right ? "✓" : "✗")}</span> <code>{Text(DisplayText.OneLine(answer))}</code>"
        + (right || expected is null ? "" : $"<div class=\"expected\">right: <code>{Text(expected)}</code></div>") + "</td>";

    private static string Template()
    {
        using var stream = typeof(DemoPage).Assembly.GetManifestResourceStream("demo-page.html")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Count(int count) => count.ToString(CultureInfo.InvariantCulture);
}
