using System.Text.Json;
using System.Text.Unicode;

namespace FineTune.Data.Datasets;

/// <summary>Parses a line of a JSONL file, reporting instead of throwing.</summary>
internal static class JsonLine
{
    private const int MaximumDepth = 64;

    /// <summary>The line's JSON object, or null after reporting what is wrong. It reads from <paramref name="line"/>; dispose it.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> line, ProblemScope problems)
    {
        if (!Utf8.IsValid(line.Span))
        {
            problems.Error(ProblemCodes.InvalidUtf8, null, InvalidUtf8Message(line.Span, problems.Record), ProblemScope.ExcerptOf(line.Span));
            return null;
        }

        if (line.Span.StartsWith("\uFEFF"u8))
        {
            problems.Warning(ProblemCodes.ByteOrderMark, null, $"The {problems.Record} begins with a byte order mark, which is skipped.");
            line = line[3..];
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = MaximumDepth });
        }
        catch (JsonException broken)
        {
            ReportBroken(line.Span, broken, problems);
            return null;
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            problems.Error(
                ProblemCodes.NotAnObject, null, $"The {problems.Record} is JSON {Kind(document.RootElement)}, not an object.", ProblemScope.ExcerptOf(line.Span));
        }
        else if (HasKeyWithoutText(line.Span))
        {
            problems.Error(
                ProblemCodes.InvalidUnicodeEscape, null, "A key has half of a surrogate pair as \\u escape.", ProblemScope.ExcerptOf(line.Span));
        }
        else
        {
            return document;
        }

        document.Dispose();
        return null;
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

    public static string InvalidUtf8Message(ReadOnlySpan<byte> bytes, string record = DatasetProblem.DefaultRecord) =>
        bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF])
            ? "The file is UTF-16."
            : $"The {record} has bytes that are not UTF-8.";

    private static void ReportBroken(ReadOnlySpan<byte> line, JsonException broken, ProblemScope problems)
    {
        var excerpt = ProblemScope.ExcerptOf(line);
        var at = broken.BytePositionInLine + 1;
        if (Depth(line) > MaximumDepth)
        {
            problems.Error(ProblemCodes.JsonTooDeep, null, $"The JSON is nested more than {MaximumDepth} deep.", excerpt);
        }
        else if (HoldsSeveral(line))
        {
            problems.Error(ProblemCodes.SeveralJsonValues, null, $"The {problems.Record} goes on after its first JSON value, at byte {at}.", excerpt);
        }
        else
        {
            var quotes = line.StartsWith("{'"u8) ? ": strings stand between double quotes, not single ones" : "";
            problems.Error(ProblemCodes.InvalidJson, null, $"The {problems.Record} isn't valid JSON, at byte {at}{quotes}.", excerpt);
        }
    }

    /// <summary>Keys can't be compared with one that has half of a surrogate pair.</summary>
    private static bool HasKeyWithoutText(ReadOnlySpan<byte> line)
    {
        if (!JsonText.HasSurrogates(line))
        {
            return false;
        }

        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaximumDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
            }

            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    private static bool HoldsSeveral(ReadOnlySpan<byte> line)
    {
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = MaximumDepth, AllowMultipleValues = true });
        try
        {
            reader.Read();
            reader.Skip();
            return reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

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
