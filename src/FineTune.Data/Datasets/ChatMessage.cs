namespace FineTune.Data.Datasets;

/// <summary>One turn of a conversation.</summary>
/// <param name="Content">Text; the parts of multi-part content joined; empty where an assistant only calls tools.</param>
/// <param name="Trained">Whether an assistant message is trained on (<c>weight</c> other than 0).</param>
public sealed record ChatMessage(ChatRole Role, string Content, bool Trained = true)
{
    /// <summary>What an assistant asks for, in order; the deprecated <c>function_call</c> is one without id.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>Of a tool's result, the call it answers.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>Of a tool's result, the tool; of others, who speaks.</summary>
    public string? Name { get; init; }
}

/// <summary>An assistant's call of a tool.</summary>
/// <param name="Arguments">JSON text: the object that OpenAI files hold as a string, or a JSON string where that string isn't an object.</param>
public sealed record ToolCall(string? Id, string Name, string Arguments);

public enum ChatRole
{
    System,

    /// <summary>OpenAI's newer name for the system role.</summary>
    Developer,
    User,
    Assistant,

    /// <summary>The result of a tool call; also OpenAI's deprecated <c>function</c>.</summary>
    Tool,
}
