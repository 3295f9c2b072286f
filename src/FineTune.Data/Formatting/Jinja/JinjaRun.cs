namespace FineTune.Data.Formatting.Jinja;

/// <summary>One rendering of a template. Steps, depth and output are bounded, so that no template runs for ever.</summary>
internal sealed class JinjaRun(RenderedOutput output)
{
    private const int MaximumDepth = 50;
    private const long MaximumSteps = 50_000_000;

    private List<JinjaText>? captured;
    private long steps;
    private int depth;

    /// <summary>Whose turn of a loop it is: the position of the message that the loop is at.</summary>
    public int? Message { get; set; }

    public void Step(int count)
    {
        steps += count;
        if (steps > MaximumSteps)
        {
            throw new JinjaException("it takes too many steps");
        }
    }

    public void Write(JinjaText text)
    {
        if (captured is not null)
        {
            captured.Add(text);
        }
        else
        {
            output.Write(text, Message);
        }
    }

    /// <summary>What <paramref name="body"/> puts out, instead of putting it out.</summary>
    public JinjaText Capture(Execution body, JinjaFrame frame)
    {
        var outer = captured;
        captured = [];
        body(frame);
        var text = JinjaText.Join([.. captured]);
        captured = outer;
        return text;
    }

    /// <inheritdoc cref="Capture"/>
    public JinjaText Call(string macro, Execution body, JinjaFrame frame)
    {
        if (++depth > MaximumDepth)
        {
            throw new JinjaException($"the macro '{macro}' calls itself too often");
        }

        var text = Capture(body, frame);
        depth--;
        return text;
    }
}
