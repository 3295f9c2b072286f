using FineTune.Cli.Demo;

namespace FineTune.Cli.Tests.Demo;

public sealed class DemoPageTests
{
    [Fact]
    public void Render_Result_IsSelfContainedAndComplete()
    {
        var page = DemoPage.Render(DemoSamples.Result());

        Assert.DoesNotContain("{{", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", page, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("A model this small fails on words it has never seen", page, StringComparison.Ordinal);
        Assert.Contains("main.demo.ner/1", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme: dark", page, StringComparison.Ordinal);
        Assert.Equal(2, page.Split("<svg").Length - 1);
        Assert.Equal(200, page.Split("<tr><td>").Length - 1);
        Assert.Contains("<b>100 %</b>tuned model, the same sentences", page, StringComparison.Ordinal);
        Assert.Contains("Passed.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_Text_IsEscaped()
    {
        var page = DemoPage.Render(DemoSamples.Result());

        Assert.Contains("Ada 0 &lt;left&gt; Rome.", page, StringComparison.Ordinal);
        Assert.Contains("zq &amp;amp e the of", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Render_MissedTarget_SaysSoAndShowsTheRightAnswers()
    {
        var page = DemoPage.Render(DemoSamples.Result(bad: true));

        Assert.Contains("Missed its target.", page, StringComparison.Ordinal);
        Assert.Equal(34, page.Split("class=\"expected\"").Length - 1);
    }
}
