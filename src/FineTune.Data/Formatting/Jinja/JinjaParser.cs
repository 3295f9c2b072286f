namespace FineTune.Data.Formatting.Jinja;

/// <summary>The statements of a template.</summary>
internal sealed class JinjaParser
{
    private const int MaximumDepth = 64;

    private readonly JinjaTokens tokens;
    private readonly ExpressionParser expressions;
    private int depth;

    private JinjaParser(string template)
    {
        tokens = new JinjaTokens(new JinjaLexer(template).Read());
        expressions = new ExpressionParser(tokens);
    }

    /// <exception cref="JinjaException">The template isn't well-formed, or has a statement that isn't supported.</exception>
    public static IReadOnlyList<Statement> Parse(string template)
    {
        var parser = new JinjaParser(template);
        var statements = parser.Body(out var end);
        return end is null ? statements : throw new JinjaException($"'{end}' closes nothing");
    }

    /// <summary>Statements up to the end or to a name that begins none of them, which is consumed with its <c>{%</c>.</summary>
    private List<Statement> Body(out string? end)
    {
        if (++depth > MaximumDepth)
        {
            throw new JinjaException("statements are nested too deep");
        }

        var statements = new List<Statement>();
        end = null;
        while (tokens.More)
        {
            if (tokens.TakeKind(TokenKind.Data) is { } text)
            {
                statements.Add(new Statement.Output(new Expression.Literal(new JinjaText(text, Origin.Template))));
            }
            else if (tokens.Take("{{"))
            {
                statements.Add(new Statement.Output(expressions.Parse()));
                tokens.Expect("}}");
            }
            else
            {
                tokens.Expect("{%");
                var name = tokens.ExpectName();
                if (name is "elif" or "else" || name.StartsWith("end", StringComparison.Ordinal))
                {
                    end = name;
                    break;
                }

                statements.Add(ParseStatement(name));
            }
        }

        depth--;
        return statements;
    }

    private Statement ParseStatement(string name) => name switch
    {
        "if" => ParseIf(),
        "for" => ParseFor(),
        "set" => ParseSet(),
        "macro" => ParseMacro(),
        "break" or "continue" => ParseJump(name),
        "generation" => ParseGeneration(),
        _ => throw new JinjaException($"the statement '{name}' isn't supported"),
    };

    private Statement.If ParseIf()
    {
        var branches = new List<(Expression?, IReadOnlyList<Statement>)>();
        var end = "elif";
        while (end != "endif")
        {
            var condition = end == "else" ? null : expressions.Parse();
            tokens.Expect("%}");
            branches.Add((condition, Body(out var next)));
            end = next is "endif" || (condition is not null && next is "elif" or "else")
                ? next!
                : throw new JinjaException("'if' isn't closed by 'endif'");
        }

        tokens.Expect("%}");
        return new Statement.If(branches);
    }

    private Statement.For ParseFor()
    {
        var names = Names();
        tokens.ExpectKeyword("in");
        var source = expressions.ParseWithoutCondition();
        var condition = tokens.TakeKeyword("if") ? expressions.Parse() : null;
        tokens.Expect("%}");
        var body = Body(out var end);
        IReadOnlyList<Statement> otherwise = [];
        if (end == "else")
        {
            tokens.Expect("%}");
            otherwise = Body(out end);
        }

        Close(end, "for");
        return new Statement.For(names, source, condition, body, otherwise);
    }

    private Statement.Set ParseSet()
    {
        var names = Names();
        var member = names.Count == 1 && tokens.Take(".") ? tokens.ExpectName() : null;
        if (tokens.Take("="))
        {
            var value = expressions.ParseTuple();
            tokens.Expect("%}");
            return new Statement.Set(names, member, value, []);
        }

        tokens.Expect("%}");
        var body = Body(out var end);
        Close(end, "set");
        return new Statement.Set(names, member, null, body);
    }

    private Statement.Macro ParseMacro()
    {
        var name = tokens.ExpectName();
        var parameters = new List<(string, Expression?)>();
        tokens.Expect("(");
        while (!tokens.Take(")"))
        {
            parameters.Add((tokens.ExpectName(), tokens.Take("=") ? expressions.Parse() : null));
            if (!tokens.Take(","))
            {
                tokens.Expect(")");
                break;
            }
        }

        tokens.Expect("%}");
        var body = Body(out var end);
        Close(end, "macro");
        return new Statement.Macro(name, parameters, body);
    }

    private Statement.Jump ParseJump(string name)
    {
        tokens.Expect("%}");
        return new Statement.Jump(name == "break");
    }

    private Statement.Block ParseGeneration()
    {
        tokens.Expect("%}");
        var body = Body(out var end);
        Close(end, "generation");
        return new Statement.Block(body);
    }

    private List<string> Names()
    {
        var isBracketed = tokens.Take("(");
        var names = new List<string> { tokens.ExpectName() };
        while (tokens.Take(","))
        {
            names.Add(tokens.ExpectName());
        }

        if (isBracketed)
        {
            tokens.Expect(")");
        }

        return names;
    }

    private void Close(string? end, string statement)
    {
        if (end != "end" + statement)
        {
            throw new JinjaException($"'{statement}' isn't closed by 'end{statement}'");
        }

        tokens.Expect("%}");
    }
}
