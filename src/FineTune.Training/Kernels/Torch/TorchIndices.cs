namespace FineTune.Training.Kernels.Torch;

/// <summary>
/// Copies of the host's indices on a device. A pass names the same few arrays (tokens, positions, labels) in every layer, so those uploaded
/// last are kept with what they were made from, and compared with it.
/// </summary>
internal sealed unsafe class TorchIndices : IDisposable
{
    private const int Kept = 6;

    private readonly Slot[] slots;
    private readonly NativeBuffer<long> staging = new();
    private int next;

    public TorchIndices(IDeviceMemory memory) => slots = [.. Enumerable.Range(0, Kept).Select(_ => new Slot(memory))];

    /// <summary>Where <paramref name="count"/> indices are on the device; until <see cref="Kept"/> others were asked for.</summary>
    public long* Upload(int* host, int count)
    {
        var values = new ReadOnlySpan<int>(host, count);
        foreach (var kept in slots)
        {
            if (kept.Count == count && values.SequenceEqual(new ReadOnlySpan<int>(kept.Host.Data, count)))
            {
                return kept.Device.Data;
            }
        }

        var slot = slots[next];
        next = (next + 1) % Kept;
        values.CopyTo(new Span<int>(slot.Host.Reserve(count), count));
        var wide = staging.Reserve(count);
        for (var i = 0; i < count; i++)
        {
            wide[i] = host[i];
        }

        slot.Device.Reserve(count);
        slot.Device.Write(new ReadOnlySpan<long>(wide, count));
        slot.Count = count;
        return slot.Device.Data;
    }

    public void Dispose()
    {
        staging.Dispose();
        foreach (var slot in slots)
        {
            slot.Host.Dispose();
            slot.Device.Dispose();
        }
    }

    private sealed class Slot(IDeviceMemory memory)
    {
        public NativeBuffer<int> Host { get; } = new();

        public NativeBuffer<long> Device { get; } = new(memory);

        public int Count { get; set; } = -1;
    }
}
