using System.Globalization;
using System.Text;

namespace FineTune.Data.Formatting.Jinja;

internal enum TokenKind
{
    /// <summary>Text outside tags.</summary>
    Data,
    Name,
    Number,
    Text,

    /// <summary>Operators, brackets and the ends of tags.</summary>
    Symbol,
}

/// <param name="Offset">In the template.</param>
internal readonly record struct JinjaToken(TokenKind Kind, string Value, int Offset);

/// <summary>
/// Cuts a template into tokens as Jinja does with <c>trim_blocks</c> and <c>lstrip_blocks</c>, the setting chat templates are written for.
/// </summary>
internal sealed class JinjaLexer(string source)
{
    private static readonly string[] Symbols =
        ["==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|"];

    private readonly string source = Normalize(source);
    private readonly List<JinjaToken> tokens = [];
    private int position;

    public List<JinjaToken> Read()
    {
        var (start, trimsLine, trimsAll) = (0, false, false);
        while (true)
        {
            var open = FindTag(position);
            var end = open < 0 ? source.Length : open;
            var text = source[start..end];
            if (trimsAll)
            {
                text = PythonText.StripStart(text);
            }
            else if (trimsLine && text.StartsWith('\n'))
            {
                text = text[1..];
            }

            var removed = end - start - text.Length;
            var kind = open < 0 ? '\0' : source[open + 1];
            var control = open >= 0 && open + 2 < source.Length ? source[open + 2] : '\0';
            if (control == '-')
            {
                text = PythonText.StripEnd(text);
            }
            else if (kind is '%' or '#' && control != '+')
            {
                text = StripIndent(text, isLineStart: start == 0 || (removed > 0 && source[start + removed - 1] == '\n'));
            }

            if (text.Length > 0)
            {
                tokens.Add(new JinjaToken(TokenKind.Data, text, start));
            }

            if (open < 0)
            {
                return tokens;
            }

            position = open + (control is '-' or '+' ? 3 : 2);
            trimsAll = kind == '#' ? SkipComment() : ReadTag(open, kind == '{' ? "}}" : "%}");
            trimsLine = kind != '{' && source[position - 3] != '+';
            start = position;
        }
    }

    private static string Normalize(string template)
    {
        var lines = template.ReplaceLineEndings("\n");
        return lines.EndsWith('\n') ? lines[..^1] : lines;
    }

    /// <summary>Removes spaces and tabs between the start of the line and a tag.</summary>
    private static string StripIndent(string text, bool isLineStart)
    {
        var kept = text.TrimEnd(' ', '\t');
        return kept.EndsWith('\n') || (kept.Length == 0 && isLineStart) ? kept : text;
    }

    private int FindTag(int from)
    {
        for (var i = from; i + 1 < source.Length; i++)
        {
            if (source[i] == '{' && source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private bool SkipComment()
    {
        var end = source.IndexOf("#}", position, StringComparison.Ordinal);
        position = end < 0 ? throw new JinjaException("a comment isn't closed") : end + 2;
        return source[end - 1] == '-';
    }

    /// <summary>Reads a tag and its closing symbol; returns whether it removes the white space after it.</summary>
    private bool ReadTag(int open, string close)
    {
        tokens.Add(new JinjaToken(TokenKind.Symbol, close == "}}" ? "{{" : "{%", open));
        var depth = 0;
        while (true)
        {
            while (position < source.Length && char.IsWhiteSpace(source[position]))
            {
                position++;
            }

            var rest = source.AsSpan(position);
            var marks = rest.Length > 0 && rest[0] is '-' or '+' ? 1 : 0;
            if (depth == 0 && rest[marks..].StartsWith(close))
            {
                tokens.Add(new JinjaToken(TokenKind.Symbol, close, position));
                position += marks + 2;
                return marks == 1 && rest[0] == '-';
            }

            var token = ReadToken();
            depth += token is { Kind: TokenKind.Symbol, Value: "{" } ? 1 : token is { Kind: TokenKind.Symbol, Value: "}" } ? -1 : 0;
            tokens.Add(token);
        }
    }

    private JinjaToken ReadToken()
    {
        var start = position;
        if (position >= source.Length)
        {
            throw new JinjaException("a tag isn't closed");
        }

        var c = source[position];
        if (c is '"' or '\'')
        {
            return new JinjaToken(TokenKind.Text, ReadText(c), start);
        }

        if (char.IsLetter(c) || c == '_')
        {
            return new JinjaToken(TokenKind.Name, Take(d => char.IsLetterOrDigit(d) || d == '_'), start);
        }

        if (char.IsAsciiDigit(c))
        {
            var number = Take(d => char.IsAsciiDigit(d) || d == '_');
            if (position + 1 < source.Length && source[position] == '.' && char.IsAsciiDigit(source[position + 1]))
            {
                position++;
                number += "." + Take(char.IsAsciiDigit);
            }

            return new JinjaToken(TokenKind.Number, number.Replace("_", "", StringComparison.Ordinal), start);
        }

        var symbol = Symbols.FirstOrDefault(symbol => source.AsSpan(position).StartsWith(symbol))
            ?? throw new JinjaException($"unexpected '{c}' at {position}");
        position += symbol.Length;
        return new JinjaToken(TokenKind.Symbol, symbol, start);
    }

    private string Take(Func<char, bool> belongs)
    {
        var start = position;
        while (position < source.Length && belongs(source[position]))
        {
            position++;
        }

        return source[start..position];
    }

    private string ReadText(char quote)
    {
        var text = new StringBuilder();
        for (position++; position < source.Length; position++)
        {
            var c = source[position];
            if (c == quote)
            {
                position++;
                return text.ToString();
            }

            if (c == '\\' && position + 1 < source.Length)
            {
                ReadEscape(text);
            }
            else
            {
                text.Append(c);
            }
        }

        throw new JinjaException("a string isn't closed");
    }

    /// <summary>As Python reads it; unknown escapes stay as they are.</summary>
    private void ReadEscape(StringBuilder text)
    {
        var c = source[++position];
        var digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits > 0)
        {
            var code = position + digits < source.Length
                && int.TryParse(source.AsSpan(position + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var parsed)
                && Rune.IsValid(parsed)
                    ? parsed
                    : throw new JinjaException($"'\\{c}' is not followed by {digits} hexadecimal digits");
            text.Append(new Rune(code));
            position += digits;
            return;
        }

        _ = c switch
        {
            'n' => text.Append('\n'),
            't' => text.Append('\t'),
            'r' => text.Append('\r'),
            'b' => text.Append('\b'),
            'f' => text.Append('\f'),
            'v' => text.Append('\v'),
            'a' => text.Append('\a'),
            '0' => text.Append('\0'),
            '\n' => text,
            '\\' or '\'' or '"' => text.Append(c),
            _ => text.Append('\\').Append(c),
        };
    }
}
