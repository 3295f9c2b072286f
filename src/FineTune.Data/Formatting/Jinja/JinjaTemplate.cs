namespace FineTune.Data.Formatting.Jinja;

/// <summary>
/// A chat template in the subset of Jinja that such templates use. It renders as Jinja does with the settings of Hugging Face's
/// transformers, and remembers of every character where it comes from and in which message's turn it was put out. Compiled once to functions;
/// safe for concurrent use.
/// </summary>
internal sealed class JinjaTemplate
{
    private readonly string[] variables;
    private readonly ScopeLayout scope;
    private readonly Execution body;

    /// <param name="constants">What names stand for that the template may read.</param>
    /// <param name="variables">The names of what is given to each rendering.</param>
    public JinjaTemplate(string source, IReadOnlyDictionary<string, object?> constants, params string[] variables)
    {
        var statements = JinjaParser.Parse(source);
        this.variables = variables;
        scope = new ScopeLayout(null, variables, statements);
        body = new StatementCompiler(scope, constants).Compile(statements);
    }

    /// <param name="values">Of the variables, in order.</param>
    public void Render(RenderedOutput output, params ReadOnlySpan<object?> values)
    {
        var frame = new JinjaFrame(new JinjaRun(output), null, scope);
        for (var i = 0; i < variables.Length; i++)
        {
            frame[scope.PlaceOf(variables[i])] = values[i];
        }

        body(frame);
    }
}
