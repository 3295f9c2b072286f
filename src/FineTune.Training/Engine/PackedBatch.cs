using FineTune.Core.Training;
using FineTune.Training.Kernels;

namespace FineTune.Training.Engine;

/// <summary>
/// Sequences one after another without padding. Positions behind a sequence's last label are left out too: attention looks back only,
/// so they have no part in the loss. Reused from batch to batch.
/// </summary>
internal sealed unsafe class PackedBatch : IDisposable
{
    private readonly NativeBuffer<int> tokens = new();
    private readonly NativeBuffer<int> positions = new();
    private readonly NativeBuffer<int> labelled = new();
    private readonly NativeBuffer<int> labels = new();
    private readonly NativeBuffer<Segment> segments = new();
    private int segmentCount;

    /// <summary>Rows: positions of all sequences.</summary>
    public int Count { get; private set; }

    public int LabelCount { get; private set; }

    public int Longest { get; private set; }

    /// <summary>Input token of each row.</summary>
    public int* Tokens => tokens.Data;

    /// <summary>Position of each row in its sequence, from 0.</summary>
    public int* Positions => positions.Data;

    /// <summary>Rows with a label, ascending.</summary>
    public int* Labelled => labelled.Data;

    /// <summary>Their labels.</summary>
    public int* Labels => labels.Data;

    public Segments Segments => new(segments.Data, segmentCount, Longest);

    /// <summary>Positions of <paramref name="row"/> up to its last label; 0 without one.</summary>
    public static int UsedLength(MicroBatch batch, int row) =>
        1 + batch.Labels.AsSpan(row * batch.Length, batch.Length).LastIndexOfAnyExcept(MicroBatch.Ignored);

    /// <summary>Takes the rows of <paramref name="batch"/> that <paramref name="shardOf"/> gives to <paramref name="shard"/>; all where it is empty.</summary>
    public void Pack(MicroBatch batch, ReadOnlySpan<int> shardOf = default, int shard = 0)
    {
        (Count, LabelCount, Longest, segmentCount) = (0, 0, 0, 0);
        tokens.Reserve(batch.Inputs.Length);
        positions.Reserve(batch.Inputs.Length);
        labelled.Reserve(batch.Inputs.Length);
        labels.Reserve(batch.Inputs.Length);
        segments.Reserve(batch.Rows);
        for (var row = 0; row < batch.Rows; row++)
        {
            var length = UsedLength(batch, row);
            if (length > 0 && (shardOf.IsEmpty || shardOf[row] == shard))
            {
                Append(batch, row * batch.Length, length);
            }
        }
    }

    public void Dispose()
    {
        tokens.Dispose();
        positions.Dispose();
        labelled.Dispose();
        labels.Dispose();
        segments.Dispose();
    }

    private void Append(MicroBatch batch, int first, int length)
    {
        segments.Data[segmentCount++] = new Segment(Count, length);
        Longest = Math.Max(Longest, length);
        for (var i = 0; i < length; i++, Count++)
        {
            Tokens[Count] = batch.Inputs[first + i];
            Positions[Count] = i;
            var label = batch.Labels[first + i];
            if (label != MicroBatch.Ignored)
            {
                Labelled[LabelCount] = Count;
                Labels[LabelCount++] = label;
            }
        }
    }
}
