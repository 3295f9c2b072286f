using System.Buffers;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>
/// A .json file: the elements of an array, one a line, or lines as they stand when the file isn't an array. Bytes are passed on as they come, so
/// memory is bounded whatever the length of an element; whether an element is valid is for the reader to say.
/// </summary>
internal sealed class JsonRecordStream(Stream inner) : RecordStream(inner)
{
    private const int BlockBytes = 1 << 16;
    private const string Element = "element";

    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"[]{},\n"u8);
    private static readonly SearchValues<byte> InText = SearchValues.Create("\"\\\n"u8);

    private readonly byte[] block = new byte[BlockBytes];
    private int next;
    private int filled;
    private State state = State.Beginning;
    private long blankLines;
    private long element;
    private long depth;

    private enum State
    {
        Beginning,
        Start,
        Lines,
        BeforeFirst,
        BeforeElement,
        InElement,
        InString,
        InEscape,
        End,
    }

    public override string RecordName => state <= State.Lines ? base.RecordName : Element;

    protected override async ValueTask<bool> WriteNextAsync(IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        if (next == filled)
        {
            (next, filled) = (0, await FillAsync(block, cancellationToken));
            if (filled == 0)
            {
                CheckEnd();
                return false;
            }
        }

        var begins = state <= State.Start;
        while (next < filled && !(begins && state == State.Lines))
        {
            next += Pass(block.AsSpan(next, filled - next), output);
        }

        return true;
    }

    private void CheckEnd()
    {
        if (state is State.BeforeFirst or State.BeforeElement or State.InElement or State.InString or State.InEscape)
        {
            throw new UnreadableFileException(
                ProblemCodes.TruncatedFile,
                state >= State.InElement
                    ? $"The file ends in the middle of element {element} of its list: it was cut off, or a bracket or quote isn't closed there."
                    : $"The file ends after element {element} of its list, which isn't closed: it was cut off, or ']' is missing.");
        }
    }

    /// <summary>Passes the beginning of <paramref name="bytes"/> on; returns how much.</summary>
    private int Pass(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        switch (state)
        {
            case State.Beginning:
                state = State.Start;
                return bytes.StartsWith("\uFEFF"u8) ? 3 : 0;
            case State.Start:
                return Start(bytes[0]);
            case State.Lines:
                output.Write(bytes);
                return bytes.Length;
            case State.BeforeFirst or State.BeforeElement:
                return BeginElement(bytes[0], output);
            case State.InElement:
                return PassElement(bytes, output);
            case State.InString:
                return PassString(bytes, output);
            case State.InEscape:
                state = State.InString;
                return WriteInString(bytes[0], output);
            default:
                return IsSpace(bytes[0]) ? 1 : throw new UnreadableFileException(
                    ProblemCodes.SeveralJsonValues, $"The file goes on after its list of {element:N0} elements.");
        }
    }

    private int Start(byte first)
    {
        if (IsSpace(first))
        {
            blankLines += first == '\n' ? 1 : 0;
            return 1;
        }

        if (first == '[')
        {
            state = State.BeforeFirst;
            return 1;
        }

        EndLines(blankLines);
        state = State.Lines;
        return 0;
    }

    private int BeginElement(byte first, IBufferWriter<byte> output)
    {
        if (IsSpace(first))
        {
            return 1;
        }

        if (first is (byte)']' or (byte)',' && !(first == ']' && state == State.BeforeFirst))
        {
            // An element that isn't there: said, not passed over.
            Report(new RecordProblem(
                ++element, ProblemCodes.InvalidJson, null, first == ',' ? "Nothing stands before a comma of the list." : "A comma stands behind the last element of the list."));
            output.Write("\n"u8);
        }

        if (first is (byte)']' or (byte)',')
        {
            state = first == ']' ? State.End : State.BeforeElement;
            return 1;
        }

        (state, depth) = (State.InElement, 0);
        element++;
        return 0;
    }

    private int PassElement(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        var count = bytes.IndexOfAny(Structure);
        output.Write(count < 0 ? bytes : bytes[..count]);
        if (count < 0)
        {
            return bytes.Length;
        }

        var found = bytes[count];
        if (depth == 0 && found is ((byte)',' or (byte)']'))
        {
            state = found == ',' ? State.BeforeElement : State.End;
            output.Write("\n"u8);
            return count + 1;
        }

        depth += found is (byte)'[' or (byte)'{' ? 1 : found is (byte)']' or (byte)'}' && depth > 0 ? -1 : 0;
        state = found == '"' ? State.InString : State.InElement;
        output.Write(found == '\n' ? " "u8 : bytes.Slice(count, 1));
        return count + 1;
    }

    private int PassString(ReadOnlySpan<byte> bytes, IBufferWriter<byte> output)
    {
        var count = bytes.IndexOfAny(InText);
        output.Write(count < 0 ? bytes : bytes[..count]);
        if (count < 0)
        {
            return bytes.Length;
        }

        state = bytes[count] switch { (byte)'"' => State.InElement, (byte)'\\' => State.InEscape, _ => State.InString };
        return count + WriteInString(bytes[count], output);
    }

    /// <summary>A line feed may not stand in a string; nor may a carriage return, which doesn't end a line here.</summary>
    private static int WriteInString(byte value, IBufferWriter<byte> output)
    {
        output.Write([value == '\n' ? (byte)'\r' : value]);
        return 1;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
