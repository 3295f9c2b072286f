namespace FineTune.Data.Formatting;

/// <summary>A stretch of a rendered conversation: a control token, or text, which is never one whatever it spells.</summary>
/// <param name="Start">Where it begins in the rendered text, in bytes.</param>
/// <param name="End">Where the next one begins.</param>
/// <param name="ControlToken">Id, or null for text.</param>
/// <param name="Trained">Whether it carries loss.</param>
internal readonly record struct ChatSegment(int Start, int End, int? ControlToken, bool Trained);
