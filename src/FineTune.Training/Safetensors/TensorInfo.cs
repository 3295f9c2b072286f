namespace FineTune.Training.Safetensors;

/// <summary>A tensor in a safetensors file.</summary>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">Byte after the last.</param>
public sealed record TensorInfo(string Name, TensorType Type, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Number of elements; 1 for a scalar.</summary>
    public long Count => (End - Begin) / Type.Size();
}
