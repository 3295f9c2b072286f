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

    /// <summary>
    /// Conversation in Llama 3's form, for programs that render Jinja. Tools are laid out as by Llama 3.1: their definitions in the first user message,
    /// a call as JSON, one at a time, and its result in a turn of <c>ipython</c>.
    /// </summary>
    public const string ChatTemplate =
        "{{ bos_token }}{% set defined = namespace(tools=tools) %}{% for message in messages %}" +
        "{{ '" + StartHeader + "' + ('ipython' if message['tool_call_id'] else message['role']) + '" + EndHeader + "\\n\\n' }}" +
        "{% if defined.tools and message['role'] == 'user' %}" +
        "{{ 'Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.\\n\\n' }}" +
        "{{ 'Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}. Do not use variables.\\n\\n' }}" +
        "{% for tool in defined.tools %}{{ tool | tojson(indent=4) + '\\n\\n' }}{% endfor %}{% set defined.tools = none %}{% endif %}" +
        "{% if message['tool_calls'] %}" +
        "{% if message['tool_calls'] | length > 1 %}{{ raise_exception('This model only supports single tool-calls at once!') }}{% endif %}" +
        "{% set call = message['tool_calls'][0]['function'] %}" +
        "{{ '{\"name\": \"' + call['name'] + '\", \"parameters\": ' }}{{ call['arguments'] | tojson }}{{ '}" + EndOfTurn + "' }}" +
        "{% else %}{{ message['content'] | trim + '" + EndOfTurn + "' }}{% endif %}" +
        "{% endfor %}{% if add_generation_prompt %}{{ '" + StartHeader + "assistant" + EndHeader + "\\n\\n' }}{% endif %}";

    public static IReadOnlyList<string> All { get; } = [BeginOfText, EndOfText, StartHeader, EndHeader, EndOfTurn, Pad];
}
