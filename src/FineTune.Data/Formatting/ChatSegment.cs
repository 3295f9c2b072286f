namespace FineTune.Data.Formatting;

/// <summary>A stretch of a rendered conversation: a control token, or text, which is never one whatever it spells.</summary>
/// <param name="Start">Where it begins in the rendered text, in UTF-16 units.</param>
/// <param name="End">Where the next one begins.</param>
/// <param name="ControlToken">Id, or null for text.</param>
/// <param name="Trained">Whether it carries loss.</param>
internal readonly record struct ChatSegment(int Start, int End, int? ControlToken, bool Trained);

/// <summary>A conversation as the model's template renders it.</summary>
/// <param name="Segments">In order, without gaps.</param>
internal sealed record RenderedChat(string Text, IReadOnlyList<ChatSegment> Segments)
{
    public ReadOnlySpan<char> TextOf(ChatSegment segment) => Text.AsSpan(segment.Start, segment.End - segment.Start);
}
