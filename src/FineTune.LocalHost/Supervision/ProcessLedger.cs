using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.LocalHost.Supervision;

/// <summary>A child as its host recorded it.</summary>
public sealed record LedgerEntry(string Role, ProcessIdentity Process);

/// <summary>
/// The host's living children, in a file: after a <c>kill -9</c> the next host finds there what it must end first.
/// </summary>
internal sealed class ProcessLedger(string file)
{
    private readonly Lock gate = new();
    private readonly List<LedgerEntry> entries = [];

    /// <summary>What a host recorded and did not live to erase; empty when there is no readable record.</summary>
    public static IReadOnlyList<LedgerEntry> Read(string file)
    {
        try
        {
            return WireJson.Deserialize<List<LedgerEntry>>(File.ReadAllText(file));
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return [];
        }
    }

    public void Add(LedgerEntry entry)
    {
        lock (gate)
        {
            entries.Add(entry);
            Write();
        }
    }

    public void Remove(LedgerEntry entry)
    {
        lock (gate)
        {
            entries.Remove(entry);
            Write();
        }
    }

    private void Write()
    {
        var partial = file + ".partial";
        File.WriteAllText(partial, JsonSerializer.Serialize(entries, WireJson.Indented));
        File.Move(partial, file, overwrite: true);
    }
}
