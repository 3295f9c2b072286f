using System.Globalization;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>Expressions by recursive descent, with Jinja's precedences: filters and tests bind closer than arithmetic.</summary>
internal sealed class ExpressionParser(JinjaTokens tokens)
{
    private const int MaximumDepth = 100;

    private int depth;

    public Expression Parse()
    {
        if (++depth > MaximumDepth)
        {
            throw new JinjaException("an expression is nested too deep");
        }

        var value = ParseWithoutCondition();
        while (tokens.TakeKeyword("if"))
        {
            var condition = ParseWithoutCondition();
            value = new Expression.Conditional(condition, value, tokens.TakeKeyword("else") ? Parse() : null);
        }

        depth--;
        return value;
    }

    /// <summary>An expression that a following <c>if</c> doesn't belong to.</summary>
    public Expression ParseWithoutCondition()
    {
        var left = ParseAnd();
        while (tokens.TakeKeyword("or"))
        {
            left = new Expression.Binary("or", left, ParseAnd());
        }

        return left;
    }

    /// <summary>An expression, or several between commas: a list.</summary>
    public Expression ParseTuple()
    {
        var first = Parse();
        if (!tokens.IsSymbol(","))
        {
            return first;
        }

        var items = new List<Expression> { first };
        while (tokens.Take(",") && !tokens.IsSymbol("%}") && !tokens.IsSymbol(")"))
        {
            items.Add(Parse());
        }

        return new Expression.ListOf(items);
    }

    private Expression ParseAnd()
    {
        var left = ParseNot();
        while (tokens.TakeKeyword("and"))
        {
            left = new Expression.Binary("and", left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        var negations = 0;
        while (tokens.TakeKeyword("not"))
        {
            negations++;
        }

        var value = ParseComparison();
        return negations == 0 ? value
            : negations % 2 == 1 ? new Expression.Unary("not", value)
            : new Expression.Unary("not", new Expression.Unary("not", value));
    }

    /// <summary>Comparisons chain: <c>a &lt; b &lt; c</c> is <c>a &lt; b and b &lt; c</c>.</summary>
    private Expression ParseComparison()
    {
        var left = ParseSum();
        Expression? chain = null;
        while (Comparison() is { } comparison)
        {
            var right = ParseSum();
            var link = new Expression.Binary(comparison, left, right);
            chain = chain is null ? link : new Expression.Binary("and", chain, link);
            left = right;
        }

        return chain ?? left;
    }

    private string? Comparison()
    {
        if (tokens.TakeAny("==", "!=", "<=", ">=", "<", ">") is { } symbol)
        {
            return symbol;
        }

        if (tokens.TakeKeyword("in"))
        {
            return "in";
        }

        if (tokens.TakeKeyword("not"))
        {
            tokens.ExpectKeyword("in");
            return "not in";
        }

        return null;
    }

    private Expression ParseSum()
    {
        var left = ParseConcatenation();
        while (tokens.TakeAny("+", "-") is { } symbol)
        {
            left = new Expression.Binary(symbol, left, ParseConcatenation());
        }

        return left;
    }

    private Expression ParseConcatenation()
    {
        var left = ParseProduct();
        while (tokens.Take("~"))
        {
            left = new Expression.Binary("~", left, ParseProduct());
        }

        return left;
    }

    private Expression ParseProduct()
    {
        var left = ParseUnary();
        while (tokens.TakeAny("*", "//", "/", "%") is { } symbol)
        {
            left = new Expression.Binary(symbol, left, ParseUnary());
        }

        return left;
    }

    private Expression ParseUnary(bool withFilters = true)
    {
        if (++depth > MaximumDepth)
        {
            throw new JinjaException("an expression is nested too deep");
        }

        var value = tokens.TakeAny("-", "+") is { } sign
            ? new Expression.Unary(sign, ParseUnary(withFilters: false))
            : ParseMembers(ParsePrimary());
        if (withFilters)
        {
            value = ParseFilters(value);
        }

        depth--;
        return value;
    }

    private Expression ParsePrimary()
    {
        if (tokens.TakeKind(TokenKind.Text) is { } text)
        {
            while (tokens.TakeKind(TokenKind.Text) is { } more)
            {
                text += more;
            }

            return new Expression.Literal(new JinjaText(text, Origin.Template));
        }

        if (tokens.TakeKind(TokenKind.Number) is { } number)
        {
            return new Expression.Literal(long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)
                ? whole
                : (object)double.Parse(number, CultureInfo.InvariantCulture));
        }

        if (tokens.TakeKind(TokenKind.Name) is { } name)
        {
            return name switch
            {
                "true" or "True" => new Expression.Literal(true),
                "false" or "False" => new Expression.Literal(false),
                "none" or "None" => new Expression.Literal(null),
                _ => new Expression.Name(name),
            };
        }

        return tokens.TakeAny("(", "[", "{") switch
        {
            "(" => ParseBracketed(),
            "[" => new Expression.ListOf(ParseItems("]")),
            "{" => ParseMap(),
            _ => throw tokens.Unexpected("an expression"),
        };
    }

    private Expression ParseBracketed()
    {
        if (tokens.Take(")"))
        {
            return new Expression.ListOf([]);
        }

        var value = ParseTuple();
        tokens.Expect(")");
        return value;
    }

    private List<Expression> ParseItems(string close)
    {
        var items = new List<Expression>();
        while (!tokens.Take(close))
        {
            items.Add(Parse());
            if (!tokens.Take(","))
            {
                tokens.Expect(close);
                break;
            }
        }

        return items;
    }

    private Expression.MapOf ParseMap()
    {
        var entries = new List<(Expression, Expression)>();
        while (!tokens.Take("}"))
        {
            var key = Parse();
            tokens.Expect(":");
            entries.Add((key, Parse()));
            if (!tokens.Take(","))
            {
                tokens.Expect("}");
                break;
            }
        }

        return new Expression.MapOf(entries);
    }

    private Expression ParseMembers(Expression value)
    {
        while (true)
        {
            if (tokens.Take("."))
            {
                value = tokens.TakeKind(TokenKind.Number) is { } index
                    ? new Expression.Item(value, new Expression.Literal(Index(index)))
                    : new Expression.Attribute(value, tokens.ExpectName());
            }
            else if (tokens.Take("["))
            {
                value = ParseSubscript(value);
            }
            else if (tokens.Take("("))
            {
                value = new Expression.Call(value, ParseArguments());
            }
            else
            {
                return value;
            }
        }
    }

    private static long Index(string number) => long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
        ? index
        : throw new JinjaException($"{number} is no index of an item");

    private Expression ParseSubscript(Expression target)
    {
        var start = tokens.IsSymbol(":") ? null : Parse();
        if (!tokens.Take(":"))
        {
            tokens.Expect("]");
            return new Expression.Item(target, start!);
        }

        var stop = tokens.IsSymbol(":") || tokens.IsSymbol("]") ? null : Parse();
        var step = tokens.Take(":") && !tokens.IsSymbol("]") ? Parse() : null;
        tokens.Expect("]");
        return new Expression.Slice(target, start, stop, step);
    }

    private Expression ParseFilters(Expression value)
    {
        while (true)
        {
            if (tokens.Take("|"))
            {
                var name = tokens.ExpectName();
                value = ParseMembers(new Expression.Filter(value, name, tokens.Take("(") ? ParseArguments() : Arguments.None));
            }
            else if (tokens.TakeKeyword("is"))
            {
                var negated = tokens.TakeKeyword("not");
                value = new Expression.Test(value, tokens.ExpectName(), ParseTestArguments(), negated);
            }
            else
            {
                return value;
            }
        }
    }

    /// <summary>Tests may have one argument without brackets: <c>is equalto 3</c>.</summary>
    private Arguments ParseTestArguments()
    {
        if (tokens.Take("("))
        {
            return ParseArguments();
        }

        var hasArgument = !tokens.IsKeyword("and") && !tokens.IsKeyword("or") && !tokens.IsKeyword("else") && !tokens.IsKeyword("if")
            && !tokens.IsKeyword("is") && !tokens.IsKeyword("in") && !tokens.IsKeyword("not") && tokens.IsOperand;
        return hasArgument ? new Arguments([ParseMembers(ParsePrimary())], Arguments.None.Named) : Arguments.None;
    }

    private Arguments ParseArguments()
    {
        var positional = new List<Expression>();
        var named = new Dictionary<string, Expression>(StringComparer.Ordinal);
        while (!tokens.Take(")"))
        {
            if (tokens.TakeNameBefore("=") is { } name)
            {
                named[name] = Parse();
            }
            else
            {
                positional.Add(Parse());
            }

            if (!tokens.Take(","))
            {
                tokens.Expect(")");
                break;
            }
        }

        return new Arguments(positional, named);
    }
}
