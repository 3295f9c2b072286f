using System.Text;

namespace FineTune.Data.Formatting.Jinja;

/// <summary>A stretch of a string or of UTF-8, all of one origin.</summary>
/// <param name="Source">A string or an array of bytes.</param>
/// <param name="Start">In characters or bytes.</param>
internal readonly record struct TextPiece(object Source, int Start, int Length, Origin Origin)
{
    public bool IsUtf8 => Source is byte[];

    public ReadOnlySpan<byte> Utf8 => ((byte[])Source).AsSpan(Start, Length);

    public ReadOnlySpan<char> Characters => ((string)Source).AsSpan(Start, Length);

    public TextPiece Decoded() => IsUtf8 && Encoding.UTF8.GetString(Utf8) is var text ? new TextPiece(text, 0, text.Length, Origin) : this;

    public override string ToString() => Source is string text && Length == text.Length ? text : Characters.ToString();
}
