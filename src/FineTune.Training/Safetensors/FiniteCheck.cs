using System.Runtime.Intrinsics;

namespace FineTune.Training.Safetensors;

internal static class FiniteCheck
{
    private const int Exponent = 0x7F80_0000;

    /// <summary>Place of the first value that is NaN or infinite, or -1.</summary>
    public static int FirstOther(ReadOnlySpan<float> values)
    {
        var exponent = Vector256.Create(Exponent);
        var i = 0;
        for (; i <= values.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var bits = Vector256.Create(values[i..]).AsInt32();
            if (Vector256.EqualsAny(bits & exponent, exponent))
            {
                break;
            }
        }

        for (; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                return i;
            }
        }

        return -1;
    }
}
