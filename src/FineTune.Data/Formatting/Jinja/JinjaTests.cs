namespace FineTune.Data.Formatting.Jinja;

/// <summary>The tests (<c>value is test</c>) that chat templates use.</summary>
internal static class JinjaTests
{
    public static bool Holds(string name, object? value, IReadOnlyList<object?> arguments) => name switch
    {
        "defined" => value is not Undefined,
        "undefined" => value is Undefined,
        "none" => value is null,
        "string" => value is JinjaText,
        "mapping" => value is JinjaMap,
        "iterable" => value is JinjaText or JinjaList or JinjaMap or Undefined,
        "sequence" => value is JinjaText or JinjaList or JinjaMap,
        "number" => value is long or double or bool,
        "integer" => value is long,
        "float" => value is double,
        "boolean" => value is bool,
        "true" => value is true,
        "false" => value is false,
        "callable" => value is JinjaFunction,
        "odd" => JinjaValues.Number(value) % 2 != 0,
        "even" => JinjaValues.Number(value) % 2 == 0,
        "equalto" or "eq" or "==" or "sameas" => JinjaValues.Equals(value, Argument(arguments)),
        "ne" or "!=" => !JinjaValues.Equals(value, Argument(arguments)),
        "lt" or "lessthan" or "<" => JinjaValues.Compare(value, Argument(arguments)) < 0,
        "gt" or "greaterthan" or ">" => JinjaValues.Compare(value, Argument(arguments)) > 0,
        "in" => JinjaValues.Contains(Argument(arguments), value),
        "startswith" => value is JinjaText text && Argument(arguments) is JinjaText start && text.Value.StartsWith(start.Value, StringComparison.Ordinal),
        _ => throw new JinjaException($"the test '{name}' isn't supported"),
    };

    private static object? Argument(IReadOnlyList<object?> arguments) =>
        arguments.Count > 0 ? arguments[0] : throw new JinjaException("a test is used without the value it compares with");
}
