using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Reads a message's content: a string, or a list of parts <c>{"type": "text", "text": …}</c> which are joined.</summary>
internal static class MessageContent
{
    public static string? Parse(JsonElement message, string field, ProblemScope problems)
    {
        field += ".content";
        if (!message.TryGetProperty("content", out var content))
        {
            problems.Error(
                ProblemCodes.MissingField, field, $"{field} is missing; each message needs a role and content.", JsonLine.Raw(message));
            return null;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            return JsonLine.Text(content, field, problems);
        }

        var parts = content.EnumerateArray().Select((part, index) => ParsePart(part, $"{field}[{index}]", problems)).ToList();
        return parts.Contains(null) ? null : string.Concat(parts);
    }

    private static string? ParsePart(JsonElement part, string field, ProblemScope problems)
    {
        if (part.ValueKind == JsonValueKind.Object
            && part.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("text")
            && part.TryGetProperty("text", out var text))
        {
            return JsonLine.Text(text, $"{field}.text", problems);
        }

        problems.Error(
            ProblemCodes.UnsupportedContentPart,
            field,
            $"{field} must be {{\"type\": \"text\", \"text\": …}}; images, audio and files can't be trained on: remove the example.",
            JsonLine.Raw(part));
        return null;
    }
}
