using System.Collections.ObjectModel;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>Computes an expression's value.</summary>
internal delegate object? Evaluation(JinjaFrame frame);

/// <summary>Computes whether an expression is true.</summary>
internal delegate bool Condition(JinjaFrame frame);

/// <summary>
/// Makes functions of the expressions of one scope. They compute what Python would; names are resolved to places, so that nothing is
/// looked up when a template is rendered.
/// </summary>
/// <param name="constants">Values of names that no scope assigns to.</param>
internal sealed class ExpressionCompiler(ScopeLayout scope, IReadOnlyDictionary<string, object?> constants)
{
    /// <summary>How many expressions were compiled, parts included: the steps that computing them takes at most.</summary>
    public int Compiled { get; private set; }

    public Evaluation Compile(Expression expression)
    {
        Compiled++;
        return expression switch
        {
            Expression.Literal { Value: var value } => _ => value,
            Expression.Name name => Name(name.Identifier),
            Expression.ListOf list => ListOf([.. list.Items.Select(Compile)]),
            Expression.MapOf map => MapOf([.. map.Entries.Select(entry => (Compile(entry.Key), Compile(entry.Value)))]),
            Expression.Binary { Operator: "and" } binary => And(Compile(binary.Left), Compile(binary.Right)),
            Expression.Binary { Operator: "or" } binary => Or(Compile(binary.Left), Compile(binary.Right)),
            Expression.Binary binary when Relation(binary) is { } relation => frame => JinjaValues.Truth(relation(frame)),
            Expression.Binary { Operator: "+", Left: Expression.Binary { Operator: "+" } } => Sum([.. Operands(expression).Select(Compile)]),
            Expression.Binary binary => Operation(binary.Operator, Compile(binary.Left), Compile(binary.Right)),
            Expression.Unary { Operator: "not" } or Expression.Test when CompileCondition(expression) is var holds =>
                frame => JinjaValues.Truth(holds(frame)),
            Expression.Unary unary => Signed(unary.Operator, Compile(unary.Operand)),
            Expression.Conditional choice => Choice(CompileCondition(choice.Condition), Compile(choice.Then), Optional(choice.Otherwise)),
            Expression.Attribute attribute => Attribute(Compile(attribute.Target), attribute.Member),
            Expression.Item item => Item(Compile(item.Target), Compile(item.Index)),
            Expression.Slice slice => Slice(Compile(slice.Target), Optional(slice.Start), Optional(slice.Stop), Optional(slice.Step)),
            Expression.Call call => Call(call),
            Expression.Filter { Identifier: "trim", Arguments.Positional: [] } trim => Trim(Compile(trim.Operand)),
            Expression.Filter filter => Filter(filter.Identifier, Compile(filter.Operand), filter.Arguments),
            _ => throw new JinjaException($"{expression.GetType().Name} can't be evaluated"),
        };
    }

    /// <summary>Whether <paramref name="expression"/> is true, without a value where it is one of those that are nothing else.</summary>
    public Condition CompileCondition(Expression expression)
    {
        Compiled++;
        switch (expression)
        {
            case Expression.Unary { Operator: "not" } negation:
                var negated = CompileCondition(negation.Operand);
                return frame => !negated(frame);
            case Expression.Binary { Operator: "and" } both:
                var (first, second) = (CompileCondition(both.Left), CompileCondition(both.Right));
                return frame => first(frame) && second(frame);
            case Expression.Binary { Operator: "or" } either:
                var (one, other) = (CompileCondition(either.Left), CompileCondition(either.Right));
                return frame => one(frame) || other(frame);
            case Expression.Binary binary when Relation(binary) is { } relation:
                return relation;
            case Expression.Test test:
                return Test(test.Identifier, Compile(test.Operand), Positional(test.Arguments), test.Negated);
            default:
                var value = Compile(expression);
                return frame => JinjaValues.IsTrue(value(frame));
        }
    }

    private Evaluation? Optional(Expression? expression) => expression is null ? null : Compile(expression);

    private Evaluation Name(string name)
    {
        var otherwise = constants.TryGetValue(name, out var constant) ? constant : Undefined.Value;
        var found = scope.Find(name).ToArray();
        return found switch
        {
            [] => _ => otherwise,
            [(0, var place)] => frame => frame.TryGet(place, out var value) ? value : otherwise,
            _ => Innermost(found, otherwise),
        };
    }

    private static Evaluation Innermost((int Hops, int Place)[] places, object? otherwise) => frame =>
    {
        var hops = 0;
        foreach (var (distance, place) in places)
        {
            for (; hops < distance; hops++)
            {
                frame = frame.Outer!;
            }

            if (frame.TryGet(place, out var value))
            {
                return value;
            }
        }

        return otherwise;
    };

    private static Evaluation ListOf(Evaluation[] items) =>
        frame => new JinjaList(Array.ConvertAll(items, item => item(frame)), Origin.Template);

    private static Evaluation MapOf((Evaluation Key, Evaluation Value)[] entries) => frame =>
    {
        var map = new JinjaMap(Origin.Template);
        foreach (var (key, value) in entries)
        {
            map[JinjaValues.Print(key(frame)).Value] = value(frame);
        }

        return map;
    };

    private static Evaluation And(Evaluation left, Evaluation right) =>
        frame => left(frame) is var value && JinjaValues.IsTrue(value) ? right(frame) : value;

    private static Evaluation Or(Evaluation left, Evaluation right) =>
        frame => left(frame) is var value && JinjaValues.IsTrue(value) ? value : right(frame);

    /// <summary>Null for operators that don't compare.</summary>
    private Condition? Relation(Expression.Binary binary)
    {
        Func<object?, object?, bool>? holds = binary.Operator switch
        {
            "==" => JinjaValues.Equals,
            "!=" => (left, right) => !JinjaValues.Equals(left, right),
            "<" => (left, right) => JinjaValues.Compare(left, right) < 0,
            ">" => (left, right) => JinjaValues.Compare(left, right) > 0,
            "<=" => (left, right) => JinjaValues.Compare(left, right) <= 0,
            ">=" => (left, right) => JinjaValues.Compare(left, right) >= 0,
            "in" => (left, right) => JinjaValues.Contains(right, left),
            "not in" => (left, right) => !JinjaValues.Contains(right, left),
            _ => null,
        };
        if (holds is null)
        {
            return null;
        }

        var (left, right) = (Compile(binary.Left), Compile(binary.Right));
        return frame => holds(left(frame), right(frame));
    }

    private static IEnumerable<Expression> Operands(Expression expression) => expression is Expression.Binary { Operator: "+" } sum
        ? Operands(sum.Left).Append(sum.Right)
        : [expression];

    /// <summary>A chain of <c>+</c>; texts, as they mostly are, are joined at once.</summary>
    private static Evaluation Sum(Evaluation[] operands) => frame =>
    {
        var texts = new JinjaText[operands.Length];
        for (var i = 0; i < operands.Length; i++)
        {
            var value = operands[i](frame);
            if (value is not JinjaText text)
            {
                var sum = i == 0 ? value : JinjaArithmetic.Add(JinjaText.Join(texts.AsSpan(0, i)), value);
                return operands.Skip(i + 1).Aggregate(sum, (left, operand) => JinjaArithmetic.Add(left, operand(frame)));
            }

            texts[i] = text;
        }

        return JinjaText.Join(texts);
    };

    private static Evaluation Operation(string symbol, Evaluation left, Evaluation right) => symbol switch
    {
        "~" => frame => JinjaText.Join(JinjaValues.Print(left(frame)), JinjaValues.Print(right(frame))),
        "+" => frame => JinjaArithmetic.Add(left(frame), right(frame)),
        _ => frame => JinjaArithmetic.Calculate(symbol, left(frame), right(frame)),
    };

    private static Evaluation Signed(string sign, Evaluation operand) => frame => (sign, operand(frame)) switch
    {
        ("-", long whole) => -whole,
        ("-", var value) => -JinjaValues.Number(value),
        (_, var value) => value,
    };

    private static Evaluation Choice(Condition condition, Evaluation then, Evaluation? otherwise) =>
        frame => condition(frame) ? then(frame) : otherwise is null ? Undefined.Value : otherwise(frame);

    private static Evaluation Attribute(Evaluation target, string member) => frame => JinjaMembers.Attribute(target(frame), member);

    private static Evaluation Item(Evaluation target, Evaluation index) => frame => JinjaMembers.Item(target(frame), index(frame));

    private static Evaluation Slice(Evaluation target, Evaluation? start, Evaluation? stop, Evaluation? step)
    {
        return frame => JinjaMembers.Slice(target(frame), Bound(start, frame), Bound(stop, frame), Bound(step, frame));

        static int? Bound(Evaluation? bound, JinjaFrame frame) =>
            bound is null || bound(frame) is not { } value ? null : (int)JinjaValues.Number(value);
    }

    private Evaluation Call(Expression.Call call)
    {
        var function = Compile(call.Function);
        var (positional, named) = (Positional(call.Arguments), Named(call.Arguments));
        var name = call.Function switch
        {
            Expression.Name known => $"'{known.Identifier}'",
            Expression.Attribute attribute => $"'{attribute.Member}'",
            _ => "a value",
        };
        return frame => function(frame) is JinjaFunction callable
            ? callable(positional(frame), named(frame))
            : throw new JinjaException($"{name} can't be called");
    }

    private static Evaluation Trim(Evaluation operand) => frame => JinjaValues.Print(operand(frame)).Strip(null, left: true, right: true);

    private Evaluation Filter(string name, Evaluation operand, Arguments arguments)
    {
        var (positional, named) = (Positional(arguments), Named(arguments));
        return frame => JinjaFilters.Apply(name, operand(frame), positional(frame), named(frame));
    }

    private static Condition Test(string name, Evaluation operand, Func<JinjaFrame, object?[]> positional, bool negated) =>
        frame => JinjaTests.Holds(name, operand(frame), positional(frame)) != negated;

    private Func<JinjaFrame, object?[]> Positional(Arguments arguments)
    {
        var values = arguments.Positional.Select(Compile).ToArray();
        return values.Length == 0 ? _ => [] : frame => Array.ConvertAll(values, value => value(frame));
    }

    private Func<JinjaFrame, IReadOnlyDictionary<string, object?>> Named(Arguments arguments)
    {
        var values = arguments.Named.Select(argument => (argument.Key, Value: Compile(argument.Value))).ToArray();
        return values.Length == 0
            ? _ => ReadOnlyDictionary<string, object?>.Empty
            : frame => values.ToDictionary(argument => argument.Key, argument => argument.Value(frame));
    }
}
