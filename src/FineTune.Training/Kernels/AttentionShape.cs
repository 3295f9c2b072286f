namespace FineTune.Training.Kernels;

/// <summary>Heads of an attention layer whose queries, keys and values lie side by side in rows of <see cref="PackedWidth"/>.</summary>
internal readonly record struct AttentionShape(int Heads, int KeyValueHeads, int HeadDimension)
{
    public int QueryWidth => Heads * HeadDimension;

    public int PackedWidth => (Heads + (2 * KeyValueHeads)) * HeadDimension;

    /// <summary>Query heads that share one key head.</summary>
    public int GroupSize => Heads / KeyValueHeads;

    public float Scale => (float)(1 / Math.Sqrt(HeadDimension));

    public Matrix Query(Matrix packed, int head) => packed.Narrow(head * HeadDimension, HeadDimension);

    public Matrix Key(Matrix packed, int group) => packed.Narrow((Heads + group) * HeadDimension, HeadDimension);

    public Matrix Value(Matrix packed, int group) => packed.Narrow((Heads + KeyValueHeads + group) * HeadDimension, HeadDimension);
}
