using System.Collections.ObjectModel;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>Computes expressions as Python does.</summary>
internal sealed class JinjaEvaluator
{
    private const long MaximumSteps = 50_000_000;
    private long steps;

    public object? Evaluate(Expression expression, JinjaScope scope)
    {
        if (++steps > MaximumSteps)
        {
            throw new JinjaException("it takes too many steps");
        }

        return expression switch
        {
            Expression.Literal literal => literal.Value,
            Expression.Name name => scope[name.Identifier],
            Expression.ListOf list => new JinjaList([.. list.Items.Select(item => Evaluate(item, scope))], Origin.Template),
            Expression.MapOf map => EvaluateMap(map, scope),
            Expression.Binary binary => EvaluateBinary(binary, scope),
            Expression.Unary unary => EvaluateUnary(unary, scope),
            Expression.Conditional choice => JinjaValues.IsTrue(Evaluate(choice.Condition, scope))
                ? Evaluate(choice.Then, scope)
                : choice.Otherwise is null ? Undefined.Value : Evaluate(choice.Otherwise, scope),
            Expression.Attribute attribute => JinjaMembers.Attribute(Evaluate(attribute.Target, scope), attribute.Member),
            Expression.Item item => JinjaMembers.Item(Evaluate(item.Target, scope), Evaluate(item.Index, scope)),
            Expression.Slice slice => JinjaMembers.Slice(
                Evaluate(slice.Target, scope), Bound(slice.Start, scope), Bound(slice.Stop, scope), Bound(slice.Step, scope)),
            Expression.Call call => Call(call, scope),
            Expression.Filter filter => JinjaFilters.Apply(
                filter.Identifier, Evaluate(filter.Operand, scope), Positional(filter.Arguments, scope), Named(filter.Arguments, scope)),
            Expression.Test test => JinjaTests.Holds(
                test.Identifier, Evaluate(test.Operand, scope), Positional(test.Arguments, scope)) != test.Negated,
            _ => throw new JinjaException($"{expression.GetType().Name} can't be evaluated"),
        };
    }

    private object? Call(Expression.Call call, JinjaScope scope) => Evaluate(call.Function, scope) is JinjaFunction function
        ? function(Positional(call.Arguments, scope), Named(call.Arguments, scope))
        : throw new JinjaException($"{Describe(call.Function)} can't be called");

    private static string Describe(Expression expression) => expression switch
    {
        Expression.Name name => $"'{name.Identifier}'",
        Expression.Attribute attribute => $"'{attribute.Member}'",
        _ => "a value",
    };

    private JinjaMap EvaluateMap(Expression.MapOf map, JinjaScope scope)
    {
        var result = new JinjaMap(Origin.Template);
        foreach (var (key, value) in map.Entries)
        {
            result[JinjaValues.Print(Evaluate(key, scope)).Value] = Evaluate(value, scope);
        }

        return result;
    }

    private object? EvaluateUnary(Expression.Unary unary, JinjaScope scope)
    {
        var value = Evaluate(unary.Operand, scope);
        return (unary.Operator, value) switch
        {
            ("not", _) => !JinjaValues.IsTrue(value),
            ("-", long whole) => -whole,
            ("-", _) => -JinjaValues.Number(value),
            _ => value,
        };
    }

    private object? EvaluateBinary(Expression.Binary binary, JinjaScope scope)
    {
        var left = Evaluate(binary.Left, scope);
        switch (binary.Operator)
        {
            case "and":
                return JinjaValues.IsTrue(left) ? Evaluate(binary.Right, scope) : left;
            case "or":
                return JinjaValues.IsTrue(left) ? left : Evaluate(binary.Right, scope);
        }

        var right = Evaluate(binary.Right, scope);
        return binary.Operator switch
        {
            "==" => JinjaValues.Equals(left, right),
            "!=" => !JinjaValues.Equals(left, right),
            "<" => JinjaValues.Compare(left, right) < 0,
            ">" => JinjaValues.Compare(left, right) > 0,
            "<=" => JinjaValues.Compare(left, right) <= 0,
            ">=" => JinjaValues.Compare(left, right) >= 0,
            "in" => JinjaValues.Contains(right, left),
            "not in" => !JinjaValues.Contains(right, left),
            "~" => JinjaText.Join([JinjaValues.Print(left), JinjaValues.Print(right)]),
            "+" => Add(left, right),
            var arithmetic => Calculate(arithmetic, left, right),
        };
    }

    private static object? Add(object? left, object? right) => (left, right) switch
    {
        (JinjaText a, JinjaText b) => JinjaText.Join([a, b]),
        (JinjaList a, JinjaList b) => new JinjaList([.. a.Items, .. b.Items], a.Origin),
        (bool or long or double, bool or long or double) => Calculate("+", left, right),
        _ => throw new JinjaException($"{JinjaValues.Kind(left)} and {JinjaValues.Kind(right)} can't be added"),
    };

    private static object? Calculate(string symbol, object? left, object? right)
    {
        if (left is long a && right is long b && symbol != "/")
        {
            return symbol switch
            {
                "+" => unchecked(a + b),
                "-" => unchecked(a - b),
                "*" => unchecked(a * b),
                _ when b == 0 => throw new JinjaException("division by zero"),
                "//" => (long)Math.Floor((double)a / b),
                _ => ((a % b) + b) % b,
            };
        }

        var (x, y) = (JinjaValues.Number(left), JinjaValues.Number(right));
        return symbol switch
        {
            "+" => x + y,
            "-" => x - y,
            "*" => x * y,
            "/" => x / y,
            "//" => Math.Floor(x / y),
            _ => x - (y * Math.Floor(x / y)),
        };
    }

    private int? Bound(Expression? expression, JinjaScope scope) => expression is null || Evaluate(expression, scope) is not { } value
        ? null
        : (int)JinjaValues.Number(value);

    private IReadOnlyList<object?> Positional(Arguments arguments, JinjaScope scope)
    {
        var values = arguments.Positional.Count == 0 ? [] : new object?[arguments.Positional.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Evaluate(arguments.Positional[i], scope);
        }

        return values;
    }

    private IReadOnlyDictionary<string, object?> Named(Arguments arguments, JinjaScope scope) => arguments.Named.Count == 0
        ? ReadOnlyDictionary<string, object?>.Empty
        : arguments.Named.ToDictionary(argument => argument.Key, argument => Evaluate(argument.Value, scope));
}
