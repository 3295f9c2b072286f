using FineTune.Core.Faults;

namespace FineTune.Training.Safetensors;

/// <summary>Every way in which a safetensors file or its index can be wrong.</summary>
public enum SafetensorsError
{
    /// <summary>Fewer bytes than the header or the tensors need.</summary>
    Truncated,

    /// <summary>The header is longer than <see cref="SafetensorsHeader.MaxLength"/>.</summary>
    HeaderTooLarge,

    /// <summary>The header is no JSON object of the format's shape.</summary>
    InvalidHeader,
    DuplicateName,
    UnknownType,

    /// <summary>A negative or overflowing dimension.</summary>
    InvalidShape,

    /// <summary>Offsets reversed, negative or outside the file.</summary>
    InvalidOffsets,

    /// <summary>Shape times element size is not the span of the offsets.</summary>
    SizeMismatch,

    /// <summary>Two tensors share bytes, or bytes belong to no tensor.</summary>
    OverlapOrHole,

    /// <summary>The elements are of a type that weights cannot be read from.</summary>
    UnsupportedType,

    /// <summary>A weight is NaN or infinite.</summary>
    NotFinite,

    /// <summary>The index of a sharded model is malformed or disagrees with its shards.</summary>
    InvalidIndex,
}

internal static class SafetensorsErrors
{
    /// <summary>A caller's fault with code <c>safetensors_…</c>.</summary>
    public static FaultException At(this SafetensorsError error, string file, string what, Exception? inner = null)
    {
        var code = "safetensors_" + System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(error.ToString());
        var fault = Fault.Caller("load_weights", code, $"{Path.GetFileName(file)}: {what} Export the model again, or fetch the file anew.");
        return new FaultException(fault with { File = Path.GetFileName(file) }, inner);
    }
}
