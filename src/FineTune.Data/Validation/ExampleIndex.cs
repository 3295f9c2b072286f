using System.Runtime.InteropServices;

namespace FineTune.Data.Validation;

/// <summary>Where an example stands: which file of training or evaluation data, and the line from 1.</summary>
internal readonly record struct ExamplePlace(int File, long Line, bool IsEval)
{
    /// <summary>Training data before evaluation data, files and lines in order.</summary>
    public static ExamplePlace Of(ulong packed) => new((int)(packed >> 40) & 0x7FFFFF, (long)(packed & 0xFF_FFFF_FFFF), packed >> 63 == 1);

    public ulong Pack() => ((IsEval ? 1UL : 0) << 63) | ((ulong)(File & 0x7FFFFF) << 40) | ((ulong)Line & 0xFF_FFFF_FFFF);
}

/// <summary>An example that occurs again.</summary>
internal readonly record struct Repetition(ExamplePlace First, ExamplePlace Again)
{
    public bool IsLeak => Again.IsEval && !First.IsEval;
}

/// <summary>
/// Finds equal examples among any number: hashes are sorted in memory up to a limit, then in runs on disk which are merged. Not for
/// concurrent use.
/// </summary>
internal sealed class ExampleIndex(string workDirectory, int limit) : IDisposable
{
    private readonly List<Entry> entries = [];
    private readonly List<long> runs = [];
    private FileStream? spill;

    public void Add(ulong hash, ExamplePlace place)
    {
        entries.Add(new Entry(hash, place.Pack()));
        if (entries.Count >= limit)
        {
            Spill();
        }
    }

    /// <summary>Every example that equals an earlier one, grouped with the first of them, in no order.</summary>
    public IEnumerable<Repetition> Repetitions()
    {
        entries.Sort();
        var first = default(Entry);
        var hasFirst = false;
        foreach (var entry in runs.Count == 0 ? entries : Merge())
        {
            if (hasFirst && entry.Hash == first.Hash)
            {
                yield return new Repetition(ExamplePlace.Of(first.Place), ExamplePlace.Of(entry.Place));
            }
            else
            {
                (first, hasFirst) = (entry, true);
            }
        }
    }

    public void Dispose() => spill?.Dispose();

    private void Spill()
    {
        entries.Sort();
        spill ??= new FileStream(
            Path.Combine(workDirectory, $"finetune-{Guid.NewGuid():N}.hashes"),
            FileMode.CreateNew,
            FileAccess.ReadWrite,
            FileShare.None,
            1 << 16,
            FileOptions.DeleteOnClose);
        runs.Add(spill.Position);
        spill.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(entries)));
        entries.Clear();
    }

    private IEnumerable<Entry> Merge()
    {
        spill!.Flush();
        var sources = runs.Select((start, run) => Run(start, run + 1 < runs.Count ? runs[run + 1] : spill.Length)).Append(entries).Select(run => run.GetEnumerator()).ToList();
        var next = new PriorityQueue<IEnumerator<Entry>, Entry>(sources.Where(run => run.MoveNext()).Select(run => (run, run.Current)));
        while (next.TryDequeue(out var run, out var entry))
        {
            yield return entry;
            if (run.MoveNext())
            {
                next.Enqueue(run, run.Current);
            }
        }
    }

    private IEnumerable<Entry> Run(long start, long end)
    {
        var block = new Entry[4096];
        while (start < end)
        {
            var count = (int)Math.Min(block.Length, (end - start) / Marshal.SizeOf<Entry>());
            RandomAccess.Read(spill!.SafeFileHandle, MemoryMarshal.AsBytes(block.AsSpan(0, count)), start);
            start += (long)count * Marshal.SizeOf<Entry>();
            for (var i = 0; i < count; i++)
            {
                yield return block[i];
            }
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Entry(ulong Hash, ulong Place) : IComparable<Entry>
    {
        public int CompareTo(Entry other)
        {
            var byHash = Hash.CompareTo(other.Hash);
            return byHash != 0 ? byHash : Place.CompareTo(other.Place);
        }
    }
}
