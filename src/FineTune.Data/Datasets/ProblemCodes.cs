namespace FineTune.Data.Datasets;

/// <summary>Every kind of problem a data set can have. Names are stable; docs and reports use them.</summary>
public static class ProblemCodes
{
    /// <summary>Error: no example in any file.</summary>
    public const string EmptyDataset = "empty_dataset";

    /// <summary>Error: the file's extension isn't one the task type reads.</summary>
    public const string UnsupportedFileType = "unsupported_file_type";

    /// <summary>Error: a line exceeds <see cref="DatasetOptions.MaximumLineBytes"/>.</summary>
    public const string LineTooLong = "line_too_long";

    /// <summary>Error: bytes that are not UTF-8.</summary>
    public const string InvalidUtf8 = "invalid_utf8";

    /// <summary>Error: a line isn't one JSON value.</summary>
    public const string InvalidJson = "invalid_json";

    /// <summary>Error: JSON nested deeper than any example is.</summary>
    public const string JsonTooDeep = "json_too_deep";

    /// <summary>Error: an escape such as \ud800 without its other half.</summary>
    public const string InvalidUnicodeEscape = "invalid_unicode_escape";

    /// <summary>Error: a line is JSON but not an object.</summary>
    public const string NotAnObject = "not_an_object";

    /// <summary>Error: neither messages, nor prompt and response, nor text.</summary>
    public const string UnknownExampleType = "unknown_example_type";

    /// <summary>Error: a known kind of example, but of another task type.</summary>
    public const string TaskTypeMismatch = "task_type_mismatch";

    /// <summary>Error: prompt without response or the reverse.</summary>
    public const string MissingField = "missing_field";

    /// <summary>Error: prompt, response or text is empty.</summary>
    public const string EmptyField = "empty_field";

    /// <summary>Error: a value has another JSON type than it must.</summary>
    public const string WrongType = "wrong_type";

    /// <summary>Error: messages is an empty list.</summary>
    public const string NoMessages = "no_messages";

    /// <summary>Error: a role other than system, developer, user, assistant and tool.</summary>
    public const string UnknownRole = "unknown_role";

    /// <summary>Error: a part of a message isn't text.</summary>
    public const string UnsupportedContentPart = "unsupported_content_part";

    /// <summary>Error: tools or tool calls, which no supported template renders yet.</summary>
    public const string ToolsNotSupported = "tools_not_supported";

    /// <summary>Error: no assistant message, hence nothing to train on.</summary>
    public const string NoAssistantMessage = "no_assistant_message";

    /// <summary>Error: every assistant message has weight 0.</summary>
    public const string NoTrainedMessage = "no_trained_message";

    /// <summary>Error: the conversation doesn't end with an assistant message.</summary>
    public const string LastMessageNotAssistant = "last_message_not_assistant";

    /// <summary>Error: weight is neither 0 nor 1.</summary>
    public const string InvalidWeight = "invalid_weight";

    /// <summary>Warning: an assistant message without content.</summary>
    public const string EmptyMessage = "empty_message";

    /// <summary>Warning: two messages of one role in a row.</summary>
    public const string ConsecutiveRoles = "consecutive_roles";

    /// <summary>Warning: a system message that isn't the first message.</summary>
    public const string SystemNotFirst = "system_not_first";

    /// <summary>Warning: the conversation has one message only.</summary>
    public const string SingleMessage = "single_message";

    /// <summary>Warning: keys that aren't used.</summary>
    public const string ExtraKeys = "extra_keys";

    /// <summary>Warning: a key twice in one object; the last one counts.</summary>
    public const string DuplicateKey = "duplicate_key";

    /// <summary>Warning: fewer than ten examples.</summary>
    public const string FewExamples = "few_examples";

    /// <summary>Warning: a text file with NUL characters.</summary>
    public const string NulCharacter = "nul_character";

    /// <summary>Warning: a file without any example.</summary>
    public const string EmptyFile = "empty_file";
}
