namespace FineTune.Data.Tokenizers;

/// <summary>The control tokens of the Llama 3 family (Meta, "Llama 3 model cards and prompt formats").</summary>
public static class Llama3Tokens
{
    public const string BeginOfText = "<|begin_of_text|>";
    public const string EndOfText = "<|end_of_text|>";
    public const string StartHeader = "<|start_header_id|>";
    public const string EndHeader = "<|end_header_id|>";
    public const string EndOfTurn = "<|eot_id|>";
    public const string Pad = "<|finetune_right_pad_id|>";

    /// <summary>Plain conversation in Llama 3's form, for programs that render Jinja.</summary>
    public const string ChatTemplate =
        "{{ bos_token }}{% for message in messages %}" +
        "{{ '" + StartHeader + "' + message['role'] + '" + EndHeader + "\\n\\n' + message['content'] | trim + '" + EndOfTurn + "' }}" +
        "{% endfor %}{% if add_generation_prompt %}{{ '" + StartHeader + "assistant" + EndHeader + "\\n\\n' }}{% endif %}";

    public static IReadOnlyList<string> All { get; } = [BeginOfText, EndOfText, StartHeader, EndHeader, EndOfTurn, Pad];
}
