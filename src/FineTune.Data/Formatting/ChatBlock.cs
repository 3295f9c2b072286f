namespace FineTune.Data.Formatting;

/// <summary>A turn as a template lays it out: header, blank line, text, end of turn.</summary>
/// <param name="Header">Role name inside the header tokens.</param>
/// <param name="Trained">Whether <paramref name="Text"/> and its end of turn carry loss.</param>
internal readonly record struct ChatBlock(string Header, string Text, bool Trained);
