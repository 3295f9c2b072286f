using System.Buffers;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>The fields of one row, without their quotes; a row that is too long is refused and no longer kept.</summary>
internal sealed class CsvRow(int maximumBytes)
{
    private const int ExcerptBytes = 320;
    private const int MaximumFields = 1000;

    private readonly ArrayBufferWriter<byte> content = new();
    private readonly List<int> ends = [];
    private bool isQuoted;
    private long length;

    public int Count => ends.Count;

    /// <summary>Nothing was read of it.</summary>
    public bool IsEmpty => ends.Count == 0 && length == 0 && !isQuoted && Refusal is null;

    /// <summary>One field of nothing but spaces.</summary>
    public bool IsBlank => ends.Count <= 1 && !isQuoted && Refusal is null && !content.WrittenSpan.ContainsAnyExcept(" \t"u8);

    /// <summary>What is wrong with it.</summary>
    public RecordProblem? Refusal { get; private set; }

    public string Excerpt => ProblemScope.ExcerptOf(content.WrittenSpan[..Math.Min(content.WrittenCount, ExcerptBytes)]);

    public ReadOnlySpan<byte> this[int field]
    {
        get
        {
            var start = field == 0 ? 0 : ends[field - 1];
            return content.WrittenSpan[start..ends[field]];
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        length += bytes.Length;
        if (length > maximumBytes)
        {
            Refuse(ProblemCodes.LineTooLong, $"The row is longer than the {maximumBytes:N0} bytes allowed.");
        }
        else if (Refusal is null)
        {
            content.Write(bytes);
        }
    }

    public void BeginQuoted() => isQuoted = true;

    public void EndField()
    {
        if (Refusal is null)
        {
            ends.Add(content.WrittenCount);
            if (ends.Count > MaximumFields)
            {
                Refuse(ProblemCodes.WrongFieldCount, $"The row has more than {MaximumFields:N0} fields.");
            }
        }
    }

    /// <param name="isSure">Whether this explains what was said before.</param>
    public void Refuse(string code, string message, bool isSure = false)
    {
        if (Refusal is null || isSure)
        {
            Refusal = new RecordProblem(0, code, null, message, Excerpt);
        }
    }

    public void Clear()
    {
        content.ResetWrittenCount();
        ends.Clear();
        (isQuoted, length, Refusal) = (false, 0, null);
    }
}
