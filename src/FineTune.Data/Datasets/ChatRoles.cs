using System.Text.Json;

namespace FineTune.Data.Datasets;

/// <summary>Roles as files spell them.</summary>
internal static class ChatRoles
{
    /// <summary>Null when <paramref name="value"/> is no known role.</summary>
    public static ChatRole? Read(JsonElement value) => value switch
    {
        { ValueKind: not JsonValueKind.String } => null,
        _ when !JsonText.HasText(value) => null,
        _ when value.ValueEquals("user"u8) => ChatRole.User,
        _ when value.ValueEquals("assistant"u8) => ChatRole.Assistant,
        _ when value.ValueEquals("system"u8) => ChatRole.System,
        _ when value.ValueEquals("tool"u8) || value.ValueEquals("function"u8) => ChatRole.Tool,
        _ when value.ValueEquals("developer"u8) => ChatRole.Developer,
        _ => null,
    };
}
