using System.Globalization;
using System.Text.RegularExpressions;

namespace FineTune.Testing.Faults;

/// <summary>
/// The points at which a process of a run can die, before and after each of its side effects, and the one at which it does. Run without
/// a point, the plan records them: none can be forgotten.
/// </summary>
/// <param name="point">The point of death, named as an undisturbed run recorded it; null for none.</param>
public sealed partial class FaultPlan(string? point = null)
{
    private readonly Dictionary<string, int> counts = [];
    private readonly List<string> passed = [];
    private readonly Lock gate = new();

    /// <summary>Every point passed, in order.</summary>
    public IReadOnlyList<string> Passed
    {
        get
        {
            lock (gate)
            {
                return [.. passed];
            }
        }
    }

    /// <summary>Off while a scenario prepares: what is passed then counts for nothing.</summary>
    public bool Armed { get; set; } = true;

    /// <summary>Whether the point of death was met.</summary>
    public bool Struck { get; private set; }

    /// <summary>True when the process is to die here; once.</summary>
    internal bool Strikes(string place)
    {
        lock (gate)
        {
            if (!Armed)
            {
                return false;
            }

            // Holders of a message are named at random.
            var name = Holder().Replace(place, "*");
            var count = counts[name] = counts.GetValueOrDefault(name) + 1;
            passed.Add(string.Create(CultureInfo.InvariantCulture, $"{name} #{count}"));
            return !Struck && (Struck = passed[^1] == point);
        }
    }

    [GeneratedRegex(@"(?<=/(step|end)-\d{10}-)[0-9a-f]{8}")]
    private static partial Regex Holder();
}
