namespace FineTune.Data.Formatting.Jinja;

/// <summary>An expression of the language.</summary>
internal abstract record Expression
{
    public sealed record Literal(object? Value) : Expression;

    public sealed record Name(string Identifier) : Expression;

    public sealed record ListOf(IReadOnlyList<Expression> Items) : Expression;

    public sealed record MapOf(IReadOnlyList<(Expression Key, Expression Value)> Entries) : Expression;

    /// <summary><c>left operator right</c>; also <c>and</c>, <c>or</c>, <c>in</c>, <c>not in</c>, <c>~</c>.</summary>
    public sealed record Binary(string Operator, Expression Left, Expression Right) : Expression;

    /// <summary><c>not</c>, <c>-</c> or <c>+</c>.</summary>
    public sealed record Unary(string Operator, Expression Operand) : Expression;

    /// <summary><c>then if condition else otherwise</c>.</summary>
    public sealed record Conditional(Expression Condition, Expression Then, Expression? Otherwise) : Expression;

    public sealed record Attribute(Expression Target, string Member) : Expression;

    public sealed record Item(Expression Target, Expression Index) : Expression;

    public sealed record Slice(Expression Target, Expression? Start, Expression? Stop, Expression? Step) : Expression;

    public sealed record Call(Expression Function, Arguments Arguments) : Expression;

    public sealed record Filter(Expression Operand, string Identifier, Arguments Arguments) : Expression;

    /// <summary><c>operand is [not] test</c>.</summary>
    public sealed record Test(Expression Operand, string Identifier, Arguments Arguments, bool Negated) : Expression;
}

internal sealed record Arguments(IReadOnlyList<Expression> Positional, IReadOnlyDictionary<string, Expression> Named)
{
    public static Arguments None { get; } = new([], new Dictionary<string, Expression>());
}

/// <summary>A statement, or text between statements.</summary>
internal abstract record Statement
{
    public sealed record Output(Expression Value) : Statement;

    /// <summary>Conditions in order, each with what to do; the last may be unconditional.</summary>
    public sealed record If(IReadOnlyList<(Expression? Condition, IReadOnlyList<Statement> Body)> Branches) : Statement;

    public sealed record For(
        IReadOnlyList<string> Names,
        Expression Source,
        Expression? Condition,
        IReadOnlyList<Statement> Body,
        IReadOnlyList<Statement> Otherwise) : Statement;

    /// <summary><c>set a, b = value</c>, <c>set namespace.member = value</c>, or <c>set a</c> … <c>endset</c>.</summary>
    public sealed record Set(IReadOnlyList<string> Names, string? Member, Expression? Value, IReadOnlyList<Statement> Body) : Statement;

    public sealed record Macro(string Identifier, IReadOnlyList<(string Name, Expression? Default)> Parameters, IReadOnlyList<Statement> Body)
        : Statement;

    /// <summary><c>break</c> or <c>continue</c>.</summary>
    public sealed record Jump(bool Ends) : Statement;

    /// <summary>Statements in a row, e.g. those of <c>generation</c>.</summary>
    public sealed record Block(IReadOnlyList<Statement> Body) : Statement;
}
