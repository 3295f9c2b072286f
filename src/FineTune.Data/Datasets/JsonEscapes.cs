using System.Globalization;
using System.Text;

namespace FineTune.Data.Datasets;

/// <summary>The escapes of JSON strings that were parsed already, so that they need no checks.</summary>
internal static class JsonEscapes
{
    private const int HexDigits = 4;

    /// <summary>The text that <paramref name="content"/>, between its quotes, stands for; surrogates come in pairs.</summary>
    public static byte[] Remove(ReadOnlySpan<byte> content)
    {
        var text = new byte[content.Length];
        var length = 0;
        for (int plain; (plain = content.IndexOf((byte)'\\')) >= 0;)
        {
            content[..plain].CopyTo(text.AsSpan(length));
            length += plain;
            content = content[plain..];
            length += content[1] == 'u'
                ? Character(ref content).EncodeToUtf8(text.AsSpan(length))
                : Single(ref content, ref text[length]);
        }

        content.CopyTo(text.AsSpan(length));
        return text[..(length + content.Length)];
    }

    private static int Single(ref ReadOnlySpan<byte> content, ref byte text)
    {
        text = content[1] switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'t' => (byte)'\t',
            (byte)'r' => (byte)'\r',
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            var itself => itself,
        };
        content = content[2..];
        return 1;
    }

    private static Rune Character(ref ReadOnlySpan<byte> content)
    {
        var unit = Unit(ref content);
        return char.IsHighSurrogate(unit) ? new Rune(unit, Unit(ref content)) : new Rune(unit);
    }

    private static char Unit(ref ReadOnlySpan<byte> content)
    {
        var unit = ushort.Parse(content.Slice(2, HexDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        content = content[(2 + HexDigits)..];
        return (char)unit;
    }
}
