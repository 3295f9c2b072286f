using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>
/// XXH3 over the values of an example, 64 bits: two of 50 million different examples collide with a probability below 10⁻⁴. Strings are
/// taken as they stand in the file, in one form only of those JSON allows.
/// </summary>
internal struct ContentHash
{
    public ulong Value { get; private set; }

    public void Add(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            Add("-"u8);
            return;
        }

        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (value.ValueKind == JsonValueKind.String && (raw.IndexOf("\\u"u8) >= 0 || raw.IndexOf("\\/"u8) >= 0) && JsonText.HasText(value))
        {
            var text = JsonEncodedText.Encode(value.GetString()!, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
            Add([(byte)'"', .. text.EncodedUtf8Bytes, (byte)'"']);
            return;
        }

        Add(raw);
    }

    /// <summary>The length before it makes the parts unmistakable.</summary>
    public void Add(ReadOnlySpan<byte> part) => Value = XxHash3.HashToUInt64(part, (long)(Value ^ (ulong)part.Length));
}
