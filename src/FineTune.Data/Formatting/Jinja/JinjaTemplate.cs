namespace FineTune.Data.Formatting.Jinja;

/// <summary>Output in the order it was made, and the message in whose turn of a loop that was.</summary>
internal readonly record struct RenderedPart(JinjaText Text, int? Message);

/// <summary>
/// A chat template in the subset of Jinja that such templates use. It renders as Jinja does with the settings of Hugging Face's
/// transformers, and remembers of every character where it comes from and in which message's turn it was put out.
/// </summary>
internal sealed class JinjaTemplate(string source)
{
    private readonly IReadOnlyList<Statement> statements = JinjaParser.Parse(source);

    /// <param name="variables">Of this rendering only: the template may assign to them.</param>
    public List<RenderedPart> Render(JinjaScope variables)
    {
        var interpreter = new JinjaInterpreter();
        interpreter.Run(statements, variables);
        return interpreter.Output;
    }
}
