using System.Runtime.InteropServices;
using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Checks strings of a record as they stand in the file; nothing is copied unless something is wrong.</summary>
internal static class JsonText
{
    /// <summary>Whether <paramref name="value"/> is a string that has a text; reports what is wrong otherwise, and warns of damaged text.</summary>
    public static bool Check(JsonElement value, FieldPath path, ProblemScope problems)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            problems.Error(ProblemCodes.WrongType, path.ToString(), $"{path} must be a string but is {JsonLine.Kind(value)}.", Raw(value));
            return false;
        }

        var content = Content(value);
        if (content.Contains((byte)'\\') && !HasText(value))
        {
            problems.Error(ProblemCodes.InvalidUnicodeEscape, path.ToString(), $"{path} has half of a surrogate pair as \\u escape.", Raw(value));
            return false;
        }

        TextMarks.Warn(content, path, problems);
        return true;
    }

    public static bool IsEmpty(JsonElement value) => Content(value).IsEmpty;

    /// <summary>The JSON text of <paramref name="value"/>, at most as much as an excerpt needs.</summary>
    public static string Raw(JsonElement value) => ProblemScope.ExcerptOf(JsonMarshal.GetRawUtf8Value(value));

    /// <summary>The bytes between the quotes of a string, escapes included.</summary>
    public static ReadOnlySpan<byte> Content(JsonElement value) => JsonMarshal.GetRawUtf8Value(value)[1..^1];

    /// <summary>The text of a string, which must have one, in UTF-8.</summary>
    public static byte[] ToUtf8(JsonElement value)
    {
        var content = Content(value);
        return content.Contains((byte)'\\') ? JsonEscapes.Remove(content) : content.ToArray();
    }

    /// <summary>Whether JSON has surrogates as escapes. Most has no <c>\u</c> at all.</summary>
    public static bool HasSurrogates(ReadOnlySpan<byte> json) =>
        json.IndexOf("\\u"u8) is >= 0 and var first && (json[first..].IndexOf("\\ud"u8) >= 0 || json[first..].IndexOf("\\uD"u8) >= 0);

    /// <summary>False when an escape is half of a surrogate pair.</summary>
    public static bool HasText(JsonElement value)
    {
        if (!HasSurrogates(Content(value)))
        {
            return true;
        }

        try
        {
            _ = value.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
