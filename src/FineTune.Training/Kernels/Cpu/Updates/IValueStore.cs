namespace FineTune.Training.Kernels.Cpu.Updates;

/// <summary>Values of a tensor in whatever form they are kept, worked on in single precision, <see cref="Block"/> at a time.</summary>
internal unsafe interface IValueStore
{
    /// <summary>Values worked on together; the last block of a tensor may be shorter.</summary>
    const int Block = StoredValues.Block;

    /// <summary>The values from <paramref name="at"/>, a multiple of <see cref="Block"/>: in place, or copied to <paramref name="scratch"/>.</summary>
    float* Load(long at, int count, float* scratch);

    /// <summary>Keeps what <see cref="Load"/> gave, as it is now.</summary>
    void Store(long at, int count, float* values);
}

/// <summary>fp32, in place.</summary>
internal readonly unsafe struct SingleStore(float* data) : IValueStore
{
    public float* Load(long at, int count, float* scratch) => data + at;

    public void Store(long at, int count, float* values)
    {
        // They are where they belong.
    }
}

/// <summary>Of rules without a second moment.</summary>
internal readonly unsafe struct NoStore : IValueStore
{
    public float* Load(long at, int count, float* scratch) => scratch;

    public void Store(long at, int count, float* values)
    {
        // Nothing is kept.
    }
}
