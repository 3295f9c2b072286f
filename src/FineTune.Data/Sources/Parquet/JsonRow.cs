using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FineTune.Data.Sources.Parquet;

/// <summary>
/// Writes a row as a line of JSON. Text is copied byte by byte, so that what isn't UTF-8 stays so and is reported as in any other file. A row
/// that grows beyond <paramref name="limit"/> bytes is broken off there: it is longer than any line that is read.
/// </summary>
internal sealed class JsonRow(int limit)
{
    private IBufferWriter<byte> output = new ArrayBufferWriter<byte>();
    private bool needsComma;
    private long written;

    public void Begin(IBufferWriter<byte> buffer)
    {
        (output, written, needsComma) = (buffer, 0, false);
        Open((byte)'{');
    }

    public void End()
    {
        Close((byte)'}');
        output.Write("\n"u8);
    }

    public void Open(byte bracket)
    {
        Separate();
        Write([bracket]);
        needsComma = false;
    }

    public void Close(byte bracket)
    {
        Write([bracket]);
        needsComma = true;
    }

    public void Name(string name)
    {
        Text(Encoding.UTF8.GetBytes(name));
        Colon();
    }

    /// <summary>Makes the text before a name.</summary>
    public void Colon()
    {
        Write(":"u8);
        needsComma = false;
    }

    public void Text(ReadOnlySpan<byte> value)
    {
        Separate();
        Write("\""u8);
        while (value.IndexOfAny(JsonEscapes.Escaped) is >= 0 and var next)
        {
            Write(value[..next]);
            Write(JsonEscapes.Of(value[next]));
            value = value[(next + 1)..];
        }

        Write(value);
        Write("\""u8);
        needsComma = true;
    }

    public void Literal(ReadOnlySpan<byte> value)
    {
        Separate();
        Write(value);
        needsComma = true;
    }

    public void Null() => Literal("null"u8);

    public void Number(long value)
    {
        Span<byte> text = stackalloc byte[20];
        Utf8Formatter.TryFormat(value, text, out var length);
        Literal(text[..length]);
    }

    /// <summary>Infinities and NaN, which JSON lacks, are null.</summary>
    public void Number(double value)
    {
        if (double.IsFinite(value))
        {
            Literal(Encoding.ASCII.GetBytes(value.ToString("R", CultureInfo.InvariantCulture)));
        }
        else
        {
            Null();
        }
    }

    /// <summary>Writes text that is a JSON object or array as that; false for anything else.</summary>
    public bool TryJson(ReadOnlyMemory<byte> json)
    {
        if (json.Span.TrimStart(" \t\r\n"u8) is not [(byte)'[' or (byte)'{', ..] || !IsJson(json.Span))
        {
            return false;
        }

        Separate();
        for (var rest = json.Span; !rest.IsEmpty;)
        {
            // Outside of strings, where alone it can be, a line end is white space.
            var end = rest.IndexOfAny((byte)'\n', (byte)'\r');
            Write(end < 0 ? rest : rest[..end]);
            Write(end < 0 ? default : " "u8);
            rest = end < 0 ? default : rest[(end + 1)..];
        }

        needsComma = true;
        return true;
    }

    private static bool IsJson(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void Separate()
    {
        if (needsComma)
        {
            Write(","u8);
        }
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..(int)Math.Clamp(limit - written, 0, bytes.Length)];
        output.Write(bytes);
        written += bytes.Length;
    }
}
