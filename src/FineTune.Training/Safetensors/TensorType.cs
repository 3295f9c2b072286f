namespace FineTune.Training.Safetensors;

/// <summary>Element types of the safetensors format; their names are the format's.</summary>
public enum TensorType
{
    Bool,
    U8,
    I8,
    F8_E5M2,
    F8_E4M3,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

public static class TensorTypes
{
    private static readonly Dictionary<string, TensorType> ByName =
        Enum.GetValues<TensorType>().ToDictionary(type => type.Name(), StringComparer.Ordinal);

    /// <summary>As it stands in a header, e.g. <c>BF16</c>.</summary>
    public static string Name(this TensorType type) => type == TensorType.Bool ? "BOOL" : type.ToString();

    /// <summary>Size of an element in bytes.</summary>
    public static int Size(this TensorType type) => type switch
    {
        TensorType.Bool or TensorType.U8 or TensorType.I8 or TensorType.F8_E5M2 or TensorType.F8_E4M3 => 1,
        TensorType.I16 or TensorType.U16 or TensorType.F16 or TensorType.BF16 => 2,
        TensorType.I32 or TensorType.U32 or TensorType.F32 => 4,
        _ => 8,
    };

    public static bool TryParse(string name, out TensorType type) => ByName.TryGetValue(name, out type);
}
