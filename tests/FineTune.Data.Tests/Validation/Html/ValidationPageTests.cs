using System.Text.RegularExpressions;
using System.Xml.Linq;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Validation;
using FineTune.Data.Validation.Html;

namespace FineTune.Data.Tests.Validation.Html;

public sealed class ValidationPageTests
{
    [Fact]
    public async Task Render_DataWithErrors_SaysSoAndHowToMendThem()
    {
        var page = await RenderAsync("""{"prompt": "a", "response": 7}""", "nonsense");

        Assert.Contains("<h1 class=\"bad\">2 errors to mend before training</h1>", page, StringComparison.Ordinal);
        Assert.Contains("Mend the line; each must be one JSON object.", page, StringComparison.Ordinal);
        Assert.Contains("<td class=\"n\">2</td>", page, StringComparison.Ordinal);
        Assert.Contains("train.jsonl:2 &#183; <code>invalid_json</code>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Render_GoodData_ShowsTokensLengthsAdviceAndCost()
    {
        var page = await RenderAsync([.. Enumerable.Range(0, 20).Select(i => $$"""{"prompt": "a{{i}}", "response": "b"}""")]);

        Assert.Contains("<h1 class=\"good\">Ready to train</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<svg ", page, StringComparison.Ordinal);
        Assert.Contains("one full context of the model, 131,072", page, StringComparison.Ordinal);
        Assert.Contains("A100 80GB", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Render_HostileValues_StayTextAndLoadNothing()
    {
        var page = await RenderAsync("""{"<script>alert(1)</script>": "</td><img src=http://evil>", "\u202Ex\u0007": 1}""");

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotMatch(new Regex("<(img|link|iframe|object)|url\\(", RegexOptions.IgnoreCase), page);
        Assert.DoesNotContain('\u202E', page);
        Assert.NotNull(XDocument.Parse(page[page.IndexOf("<body>", StringComparison.Ordinal)..page.IndexOf("</html>", StringComparison.Ordinal)].Replace("&ensp;", " ", StringComparison.Ordinal)));
    }

    private static async Task<string> RenderAsync(params string[] lines)
    {
        var options = new ValidationOptions
        {
            Encoder = new ExampleEncoder(Fixture.Tokenizer("llama3"), null, 128),
            Model = ModelCatalogue.Default.Models.Single(model => model.Name == "meta-llama/Llama-3.2-1B"),
        };
        return ValidationPage.Render(await DatasetValidator.ValidateAsync(
            [Sources.Lines(lines)], null, TaskType.InstructionFinetune, options, TestContext.Current.CancellationToken));
    }
}
