using FineTune.Cli.Runs;
using FineTune.Cli.Terminals;

namespace FineTune.Cli.Demo;

/// <summary>What the demo found out, as text.</summary>
public sealed class DemoReport(TextWriter writer)
{
    public const string Caveat =
        "A model this small fails on words it has never seen: it knows only the names' words and the sentence patterns of its training data.";

    private const int Shown = 3;
    private const int AnswerColumns = 110;
    private const string Rule = "  ";

    public void Write(DemoResult result, string page, string directory)
    {
        WriteAnswers(result);
        WriteScores(result);
        WriteCurve(result.Tuning);
        WriteWhere(result, page, directory);
    }

    private void WriteAnswers(DemoResult result)
    {
        writer.WriteLine();
        writer.WriteLine("Answers to sentences that are not in the training data, not even with other names:");
        foreach (var answer in result.HeldOut.Take(Shown))
        {
            writer.WriteLine();
            Row("prompt", answer.Prompt);
            Row("base", answer.Base ?? "", answer.BaseIsRight);
            Row("tuned", answer.Tuned, answer.TunedIsRight);
            if (!answer.TunedIsRight)
            {
                Row("right", answer.Expected);
            }
        }

        void Row(string name, string text, bool? right = null) => writer.WriteLine(
            $"{Rule}{name,-8}{right switch { true => "✓ ", false => "✗ ", null => "  " }}{DisplayText.Fit(DisplayText.OneLine(text), AnswerColumns)}");
    }

    private void WriteScores(DemoResult result)
    {
        var (plan, score) = (result.Plan, result.Score);
        writer.WriteLine();
        TextTable.Write(
            writer,
            ["Exactly right answers", "base", "tuned", "target"],
            [
                [$"{result.HeldOut.Count} held-out sentences", Format.Percent(score.Base), Format.Percent(score.Tuned), $"≥ {Format.Percent(plan.TunedTarget)}"],
                [$"{result.Recombined.Count} with names never seen in full", "", Format.Percent(score.Recombined), $"≥ {Format.Percent(plan.RecombinedTarget)}"],
            ]);
        writer.WriteLine(Caveat);
    }

    private void WriteCurve(DemoStage stage)
    {
        if (stage.Losses.Count > 0)
        {
            writer.WriteLine();
            writer.WriteLine($"{stage.Title}: loss by step, logarithmic");
            foreach (var line in LossPlot.Lines(stage.Losses))
            {
                writer.WriteLine(Rule + line);
            }
        }
    }

    private void WriteWhere(DemoResult result, string page, string directory)
    {
        var model = RunText.Registered(result.Tuning.Run);
        writer.WriteLine();
        writer.WriteLine($"{(result.Passed ? "PASSED" : "MISSED ITS TARGET")} in {Format.Duration(result.Seconds)}");
        writer.WriteLine($"{Rule}registered  {model}");
        writer.WriteLine($"{Rule}page        {page}");
        writer.WriteLine($"{Rule}data        {directory}");
        writer.WriteLine();
        writer.WriteLine("What to try next, where 'finetune' is 'dotnet run --project src/FineTune.Cli --':");
        writer.WriteLine($"{Rule}finetune up --data {Quote(directory)}");
        writer.WriteLine("and in another terminal:");
        writer.WriteLine($"{Rule}finetune chat {model} --prompt {Quote(result.HeldOut.Count > 0 ? result.HeldOut[0].Prompt : "…")}");
        writer.WriteLine($"{Rule}finetune metrics {result.Tuning.Run.Id} --csv");
        writer.WriteLine($"{Rule}finetune create --help");
    }

    private static string Quote(string text) => text.Contains(' ', StringComparison.Ordinal) ? $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : text;
}
