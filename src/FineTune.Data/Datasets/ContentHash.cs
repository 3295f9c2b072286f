using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>
/// XXH3 over the values of an example, 64 bits: two of 50 million different examples collide with a probability below 10⁻⁴. Of strings the
/// text is taken, whichever of the forms that JSON allows it has.
/// </summary>
internal struct ContentHash
{
    public ulong Value { get; private set; }

    public void Add(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
        {
            Add("-"u8);
        }
        else if (value.ValueKind == JsonValueKind.String && JsonText.HasText(value))
        {
            AddText(JsonText.Content(value) is var content && content.Contains((byte)'\\') ? JsonEscapes.Remove(content) : content);
        }
        else
        {
            Add(JsonMarshal.GetRawUtf8Value(value));
        }
    }

    /// <summary>A string, unlike anything else that is spelled so.</summary>
    public void AddText(ReadOnlySpan<byte> utf8)
    {
        Value = ~Value;
        Add(utf8);
    }

    /// <summary>The length before it makes the parts unmistakable.</summary>
    public void Add(ReadOnlySpan<byte> part) => Value = XxHash3.HashToUInt64(part, (long)(Value ^ (ulong)part.Length));
}
