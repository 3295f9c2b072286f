using System.Text.Json;
using System.Text.Unicode;

namespace FineTune.Data.Datasets;

/// <summary>Parses a line of a JSONL file and reads values from it, reporting instead of throwing.</summary>
internal static class JsonLine
{
    private const int MaximumDepth = 64;

    /// <summary>The line's JSON object, or null after reporting what is wrong. Dispose it.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> line, ProblemScope problems)
    {
        if (!Utf8.IsValid(line.Span))
        {
            problems.Error(ProblemCodes.InvalidUtf8, null, InvalidUtf8Message(line.Span), ProblemScope.ExcerptOf(line.Span));
            return null;
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = MaximumDepth });
        }
        catch (JsonException) when (Depth(line.Span) > MaximumDepth)
        {
            problems.Error(
                ProblemCodes.JsonTooDeep,
                null,
                $"The JSON is nested more than {MaximumDepth} deep; examples are flat: remove the nesting.",
                ProblemScope.ExcerptOf(line.Span));
            return null;
        }
        catch (JsonException broken)
        {
            problems.Error(
                ProblemCodes.InvalidJson,
                null,
                $"The line isn't valid JSON, at byte {broken.BytePositionInLine + 1}; each line must be one JSON object.",
                ProblemScope.ExcerptOf(line.Span));
            return null;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        problems.Error(
            ProblemCodes.NotAnObject,
            null,
            $"The line is JSON {Kind(document.RootElement)}; each line must be one JSON object.",
            ProblemScope.ExcerptOf(line.Span));
        document.Dispose();
        return null;
    }

    /// <summary>The string at <paramref name="field"/>, or null after reporting what is wrong.</summary>
    public static string? Text(JsonElement value, string field, ProblemScope problems)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            problems.Error(ProblemCodes.WrongType, field, $"{field} must be a string but is {Kind(value)}.", Raw(value));
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            problems.Error(
                ProblemCodes.InvalidUnicodeEscape,
                field,
                $"{field} has half of a surrogate pair as \\u escape; write both halves or the character itself.",
                Raw(value));
            return null;
        }
    }

    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Number => "a number",
        JsonValueKind.String => "a string",
        JsonValueKind.Array => "a list",
        _ => "an object",
    };

    public static string Raw(JsonElement value) => value.GetRawText();

    public static string InvalidUtf8Message(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
            ? "The file is UTF-16; save it as UTF-8."
            : "The line has bytes that are not UTF-8; save the file as UTF-8.";

    private static int Depth(ReadOnlySpan<byte> json)
    {
        var (depth, deepest, inString) = (0, 0, false);
        for (var i = 0; i < json.Length; i++)
        {
            switch (json[i])
            {
                case (byte)'\\' when inString:
                    i++;
                    break;
                case (byte)'"':
                    inString = !inString;
                    break;
                case (byte)'[' or (byte)'{' when !inString:
                    deepest = Math.Max(deepest, ++depth);
                    break;
                case (byte)']' or (byte)'}' when !inString:
                    depth--;
                    break;
            }
        }

        return deepest;
    }
}
