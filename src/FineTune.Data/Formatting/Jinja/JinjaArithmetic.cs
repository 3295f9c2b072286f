namespace FineTune.Data.Formatting.Jinja;

/// <summary>The operators <c>+ - * / // %</c>, as Python's.</summary>
internal static class JinjaArithmetic
{
    public static object? Add(object? left, object? right) => (left, right) switch
    {
        (JinjaText a, JinjaText b) => JinjaText.Join(a, b),
        (JinjaList a, JinjaList b) => new JinjaList([.. a.Items, .. b.Items], a.Origin),
        (bool or long or double, bool or long or double) => Calculate("+", left, right),
        _ => throw new JinjaException($"{JinjaValues.Kind(left)} and {JinjaValues.Kind(right)} can't be added"),
    };

    public static object Calculate(string symbol, object? left, object? right)
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
}
