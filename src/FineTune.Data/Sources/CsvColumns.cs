using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>The columns of a table of texts, and its rows as JSON objects. Some columns hold JSON; all others are strings.</summary>
internal sealed class CsvColumns
{
    private static readonly string[] OfExamples = ["messages", "prompt", "response", "completion", "text"];
    private static readonly string[] OfJson = ["messages", "tools", "functions", "parallel_tool_calls"];

    private readonly string[] names;
    private readonly byte[][] keys;
    private readonly bool[] areJson;

    private CsvColumns(string[] names)
    {
        this.names = names;
        keys = [.. names.Select(name => Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(name, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\":"))];
        areJson = [.. names.Select(name => OfJson.Contains(name, StringComparer.Ordinal))];
    }

    /// <exception cref="UnreadableFileException">The row doesn't name columns of examples.</exception>
    public static CsvColumns Of(CsvRow header)
    {
        if (header.Refusal is { } refusal)
        {
            throw Invalid($"The first row can't be read: {refusal.Message}");
        }

        var names = new string[header.Count];
        for (var field = 0; field < names.Length; field++)
        {
            if (!Utf8.IsValid(header[field]))
            {
                throw new UnreadableFileException(ProblemCodes.InvalidUtf8, JsonLine.InvalidUtf8Message(header[field]));
            }

            names[field] = Encoding.UTF8.GetString(header[field]).Trim();
        }

        var list = ProblemScope.Excerpt(string.Join(", ", names.Select(name => $"'{name}'")));
        if (!names.Intersect(OfExamples, StringComparer.Ordinal).Any())
        {
            var isSeparatedOtherwise = names is [var only] && only.AsSpan().ContainsAny(';', '\t');
            throw Invalid(isSeparatedOtherwise
                ? $"The first row has no commas: {list}. Fields are separated by commas here, not by semicolons or tabs."
                : $"The first row names {list}; it must name messages, or prompt and response (or completion), or text.");
        }

        return names.Distinct(StringComparer.Ordinal).Count() < names.Length
            ? throw Invalid($"The first row names a column twice: {list}.")
            : new CsvColumns(names);
    }

    /// <summary>Writes the row as one line of JSON without its end; returns why when it can't be, and writes nothing.</summary>
    public RecordProblem? Write(CsvRow row, IBufferWriter<byte> output)
    {
        if (row.Refusal is not null)
        {
            return row.Refusal;
        }

        if (row.Count != names.Length)
        {
            return new RecordProblem(
                0, ProblemCodes.WrongFieldCount, null, $"The row has {row.Count:N0} field(s), but the first row names {names.Length:N0} column(s).", row.Excerpt);
        }

        for (var field = 0; field < names.Length; field++)
        {
            if (areJson[field] && !row[field].IsEmpty && JsonProblem(row[field], names[field]) is { } problem)
            {
                return problem;
            }
        }

        output.Write("{"u8);
        var isFirst = true;
        for (var field = 0; field < names.Length; field++)
        {
            // An empty field of JSON is a value that isn't given.
            if (areJson[field] && row[field].IsEmpty)
            {
                continue;
            }

            output.Write(isFirst ? ""u8 : ","u8);
            output.Write(keys[field]);
            isFirst = false;
            if (areJson[field])
            {
                WriteJson(row[field], output);
            }
            else
            {
                WriteString(row[field], output);
            }
        }

        output.Write("}"u8);
        return null;
    }

    private static RecordProblem? JsonProblem(ReadOnlySpan<byte> value, string name)
    {
        try
        {
            var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = int.MaxValue });
            while (reader.Read())
            {
            }

            return null;
        }
        catch (JsonException)
        {
            var isPython = value.IndexOf("{'"u8) >= 0;
            return new RecordProblem(
                0,
                ProblemCodes.InvalidJson,
                name,
                isPython
                    ? $"'{name}' is a Python list, not JSON: write the column with json.dumps."
                    : $"'{name}' isn't valid JSON.",
                ProblemScope.ExcerptOf(value));
        }
    }

    /// <summary>In valid JSON line ends stand between values only.</summary>
    private static void WriteJson(ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(value.Length)[..value.Length];
        value.CopyTo(span);
        span.Replace((byte)'\n', (byte)' ');
        output.Advance(value.Length);
    }

    private static void WriteString(ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        output.Write("\""u8);
        while (value.IndexOfAny(JsonEscapes.Escaped) is >= 0 and var at)
        {
            output.Write(value[..at]);
            output.Write(JsonEscapes.Of(value[at]));
            value = value[(at + 1)..];
        }

        output.Write(value);
        output.Write("\""u8);
    }

    private static UnreadableFileException Invalid(string message) => new(ProblemCodes.InvalidCsvHeader, message);
}
