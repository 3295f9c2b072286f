using FineTune.Core.Estimates;

namespace FineTune.Training.Kernels;

/// <summary>The form in which values of a tensor are kept.</summary>
internal enum ValueForm
{
    /// <summary>Not kept at all.</summary>
    None,

    /// <summary>Single precision.</summary>
    Single,

    /// <summary>bfloat16.</summary>
    BFloat,

    /// <summary>8 bits, and a scale for every <see cref="StoredValues.Block"/> values.</summary>
    Codes,
}

/// <summary>A range of a tensor's values in the form they are kept in; a view, it owns nothing.</summary>
/// <param name="scales">Of <see cref="ValueForm.Codes"/>, from the block in which the range begins.</param>
/// <param name="first">Index of the range's first value in its tensor: with <paramref name="seed"/>, what decides how values are rounded.</param>
internal readonly unsafe struct StoredValues(ValueForm form, void* data, float* scales, long first, ulong seed)
{
    /// <summary>Values with a common scale.</summary>
    public const int Block = TrainingMemory.ScaleBlock;

    /// <summary>Values in single precision, which need no rounding.</summary>
    public static StoredValues Singles(float* data) => new(ValueForm.Single, data, null, 0, 0);

    public ValueForm Form => form;

    public void* Data => data;

    public float* Scales => scales;

    public long First => first;

    public ulong Seed => seed;
}
