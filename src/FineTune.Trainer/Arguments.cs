using System.Globalization;
using FineTune.Core.Faults;

namespace FineTune.Trainer;

/// <summary>Command-line arguments: <c>--name value</c>, flags, and the rest.</summary>
public sealed class Arguments
{
    private readonly List<string> rest;

    public Arguments(IEnumerable<string> arguments) => rest = [.. arguments];

    /// <summary>Takes the flag out; false when it was not given.</summary>
    public bool Flag(string name) => rest.Remove(name);

    /// <summary>Takes every <paramref name="name"/> with its value out.</summary>
    public IReadOnlyList<string> All(string name)
    {
        var values = new List<string>();
        while (Text(name) is { } value)
        {
            values.Add(value);
        }

        return values;
    }

    /// <summary>Takes <paramref name="name"/> with its value out; null when it was not given.</summary>
    public string? Text(string name)
    {
        var at = rest.IndexOf(name);
        if (at < 0)
        {
            return null;
        }

        if (at + 1 == rest.Count)
        {
            throw Invalid($"{name} needs a value.");
        }

        var value = rest[at + 1];
        rest.RemoveRange(at, 2);
        return value;
    }

    public string Required(string name) => Text(name) ?? throw Invalid($"{name} is required.");

    public int Number(string name, int otherwise)
    {
        var text = Text(name);
        return text is null ? otherwise
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw Invalid($"{name} must be a whole number, but is '{text}'.");
    }

    /// <summary>The one argument without a name.</summary>
    public string Positional(string what)
    {
        var value = rest.FirstOrDefault(argument => !argument.StartsWith("--", StringComparison.Ordinal)) ?? throw Invalid($"{what} is required.");
        rest.Remove(value);
        return value;
    }

    /// <summary>Refuses what nobody took.</summary>
    public void RequireEmpty()
    {
        if (rest.Count > 0)
        {
            throw Invalid($"Unknown argument '{rest[0]}'.");
        }
    }

    private static FaultException Invalid(string message) => new(Fault.Caller("command_line", "argument_invalid", message));
}
