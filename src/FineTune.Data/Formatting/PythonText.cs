using System.Buffers;
using System.Globalization;
using System.Text;
using FineTune.Data.Formatting.Jinja;

namespace FineTune.Data.Formatting;

/// <summary>The text functions of Jinja in Python, where chat templates were written for.</summary>
internal static class PythonText
{
    /// <summary>
    /// <c>trim</c>: what <c>str.strip()</c> leaves of UTF-8 text. Its white space includes U+001C … U+001F, unlike .NET's.
    /// </summary>
    public static (int Start, int Length) Strip(ReadOnlySpan<byte> utf8, bool left, bool right)
    {
        var (start, end) = (0, utf8.Length);
        while (left && start < end && Rune.DecodeFromUtf8(utf8[start..end], out var first, out var bytes) == OperationStatus.Done && IsSpace(first))
        {
            start += bytes;
        }

        while (right && end > start && Rune.DecodeLastFromUtf8(utf8[start..end], out var last, out var bytes) == OperationStatus.Done && IsSpace(last))
        {
            end -= bytes;
        }

        return (start, end - start);
    }

    /// <summary><c>tojson</c> of a string: <c>json.dumps(…, ensure_ascii=False)</c>.</summary>
    public static string ToJson(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append(@"\\"),
                '\n' => json.Append(@"\n"),
                '\r' => json.Append(@"\r"),
                '\t' => json.Append(@"\t"),
                '\b' => json.Append(@"\b"),
                '\f' => json.Append(@"\f"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        return json.Append('"').ToString();
    }

    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    private static bool IsSpace(Rune rune) => rune.IsBmp && IsSpace((char)rune.Value);

    public static string StripStart(string text)
    {
        var start = 0;
        while (start < text.Length && IsSpace(text[start]))
        {
            start++;
        }

        return text[start..];
    }

    public static string StripEnd(string text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[..end];
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Each letter that follows none upper case, the others lower case.</summary>
    public static string Title(string text) => string.Create(text.Length, text, static (title, text) =>
    {
        for (var i = 0; i < text.Length; i++)
        {
            title[i] = i > 0 && char.IsLetter(text[i - 1]) ? char.ToLowerInvariant(text[i]) : char.ToUpperInvariant(text[i]);
        }
    });

    /// <summary><c>repr()</c> of a string.</summary>
    public static string Repr(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var repr = new StringBuilder().Append(quote);
        foreach (var c in text)
        {
            _ = c switch
            {
                '\\' => repr.Append(@"\\"),
                '\n' => repr.Append(@"\n"),
                '\r' => repr.Append(@"\r"),
                '\t' => repr.Append(@"\t"),
                < ' ' or '\x7F' => repr.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ when c == quote => repr.Append('\\').Append(c),
                _ => repr.Append(c),
            };
        }

        return repr.Append(quote).ToString();
    }

    /// <summary><c>repr()</c> of a number, which is also its JSON: the shortest digits, with an exponent outside 1e-4 … 1e16.</summary>
    public static string Repr(double value)
    {
        if (!double.IsFinite(value))
        {
            return double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
        }

        var magnitude = Math.Abs(value);
        if (magnitude is not 0 and (< 1e-4 or >= 1e16))
        {
            return value.ToString("0.################e+00", CultureInfo.InvariantCulture);
        }

        return value.ToString("0.0###################", CultureInfo.InvariantCulture);
    }

    /// <summary><c>strftime</c> of a date, for the codes that chat templates use.</summary>
    public static string Date(DateOnly date, IReadOnlyList<object?> arguments)
    {
        var format = (arguments.ElementAtOrDefault(0) as JinjaText)?.Value ?? throw new JinjaException("strftime_now needs a format");
        (string Code, string Net)[] codes =
            [("%d", "dd"), ("%b", "MMM"), ("%B", "MMMM"), ("%Y", "yyyy"), ("%m", "MM"), ("%y", "yy"), ("%A", "dddd"), ("%a", "ddd")];
        foreach (var (code, net) in codes)
        {
            format = format.Replace(code, date.ToString(net, CultureInfo.InvariantCulture), StringComparison.Ordinal);
        }

        return format.Contains('%', StringComparison.Ordinal)
            ? throw new JinjaException($"strftime_now with '{format}' isn't supported: a run has a date, not a time of day")
            : format;
    }
}
