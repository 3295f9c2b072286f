namespace FineTune.Data.Datasets;

/// <summary>One turn of a conversation.</summary>
/// <param name="Content">Text; the parts of multi-part content joined.</param>
/// <param name="Trained">Whether an assistant message is trained on (<c>weight</c> other than 0).</param>
public sealed record ChatMessage(ChatRole Role, string Content, bool Trained = true);

public enum ChatRole
{
    System,

    /// <summary>OpenAI's newer name for the system role.</summary>
    Developer,
    User,
    Assistant,

    /// <summary>The result of a tool call.</summary>
    Tool,
}
