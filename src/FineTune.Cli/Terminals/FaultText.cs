using FineTune.Api;
using FineTune.Core.Faults;

namespace FineTune.Cli.Terminals;

/// <summary>Shows what was refused: what, where, and how to mend it.</summary>
public static class FaultText
{
    /// <param name="optionNames">The options of the command; a field that has one is shown with it.</param>
    public static void Write(TextWriter writer, FaultResponse response, IReadOnlyList<string> optionNames)
    {
        if (response.Faults is not { Count: > 0 })
        {
            writer.WriteLine($"error: {DisplayText.Lines(response.Error)}");
            return;
        }

        foreach (var fault in response.Faults)
        {
            writer.WriteLine($"error: {DisplayText.Lines(fault.Message)}");
            if (fault.Place is { } place)
            {
                writer.WriteLine($"  in {DisplayText.OneLine(place)}");
            }

            if (fault.Field is { } field)
            {
                var option = "--" + field[(field.LastIndexOf('.') + 1)..].Replace('_', '-');
                writer.WriteLine(optionNames.Contains(option) ? $"  field {field}, option {option}" : $"  field {field}");
            }
        }
    }
}
