using System.Buffers;

namespace FineTune.Data.Sources;

/// <summary>Bytes that don't stand for themselves in a JSON string (RFC 8259); all others are left as they are, UTF-8 or not.</summary>
internal static class JsonEscapes
{
    public static readonly SearchValues<byte> Escaped = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Select(control => (byte)control), (byte)'"', (byte)'\\']);

    private static readonly byte[][] Escapes = [.. Enumerable.Range(0, 128).Select(value => (char)value switch
    {
        '"' => "\\\""u8.ToArray(),
        '\\' => "\\\\"u8.ToArray(),
        '\n' => "\\n"u8.ToArray(),
        '\r' => "\\r"u8.ToArray(),
        '\t' => "\\t"u8.ToArray(),
        _ => System.Text.Encoding.ASCII.GetBytes($"\\u{value:x4}"),
    })];

    /// <param name="value">One of <see cref="Escaped"/>.</param>
    public static ReadOnlySpan<byte> Of(byte value) => Escapes[value];
}
