using System.Text.Json;

namespace FineTune.Core.Json;

/// <summary>JSON parsers look at escapes only when a string is read, so half a surrogate pair would fail wherever that happens first.</summary>
public static class JsonStrings
{
    /// <summary>Reads every string that has escapes.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    /// <exception cref="InvalidOperationException">An escape is half of a surrogate pair.</exception>
    public static void Check(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.ValueIsEscaped)
            {
                _ = reader.GetString();
            }
        }
    }
}
