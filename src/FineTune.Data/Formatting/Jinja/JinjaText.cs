namespace FineTune.Data.Formatting.Jinja;

/// <summary>Where text comes from: the template, or which part of its input.</summary>
internal readonly record struct Origin(int Code)
{
    /// <summary>The template itself, and the names of control tokens it is given.</summary>
    public static Origin Template { get; } = new(0);

    /// <summary>Input that belongs to no message.</summary>
    public static Origin Other { get; } = new(-1);

    public static Origin Tools { get; } = new(-2);

    public static Origin Content(int message) => new(1 + (2 * message));

    public static Origin ToolCalls(int message) => new(2 + (2 * message));

    /// <summary>Whether it is the message's content or one of its calls.</summary>
    public bool IsOf(int message) => this == Content(message) || this == ToolCalls(message);
}

/// <summary>Origins of a conversation of <paramref name="messages"/> messages.</summary>
internal sealed class OriginSet(int messages)
{
    /// <summary>By code, from the lowest on.</summary>
    private readonly bool[] contained = new bool[Origin.ToolCalls(messages).Code - Origin.Tools.Code];

    public void Add(Origin origin) => contained[origin.Code - Origin.Tools.Code] = true;

    public bool Contains(Origin origin) => contained[origin.Code - Origin.Tools.Code];
}

/// <summary>Part of a text; ends where the next one begins.</summary>
internal readonly record struct TextRun(int End, Origin Origin);

/// <summary>A string that knows of each character where it comes from. What templates do to strings is slicing and joining.</summary>
internal sealed class JinjaText
{
    private readonly TextRun[] runs;

    public JinjaText(string value, Origin origin)
        : this(value, value.Length == 0 ? [] : [new TextRun(value.Length, origin)])
    {
    }

    private JinjaText(string value, TextRun[] runs) => (Value, this.runs) = (value, runs);

    public static JinjaText Empty { get; } = new("", Origin.Template);

    public string Value { get; }

    public IReadOnlyList<TextRun> Runs => runs;

    /// <summary>Of the first character.</summary>
    public Origin Origin => runs.Length == 0 ? Origin.Template : runs[0].Origin;

    public static JinjaText Join(IReadOnlyList<JinjaText> parts)
    {
        var values = new string[parts.Count];
        var runs = new List<TextRun>(parts.Count);
        var length = 0;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = parts[i].Value;
            foreach (var run in parts[i].runs)
            {
                if (runs.Count > 0 && runs[^1].Origin == run.Origin)
                {
                    runs.RemoveAt(runs.Count - 1);
                }

                runs.Add(new TextRun(length + run.End, run.Origin));
            }

            length += values[i].Length;
        }

        return new JinjaText(string.Concat(values), [.. runs]);
    }

    /// <summary>The origins that occur among those of a conversation of <paramref name="messages"/> messages.</summary>
    public OriginSet Origins(int messages)
    {
        var origins = new OriginSet(messages);
        foreach (var run in runs)
        {
            origins.Add(run.Origin);
        }

        return origins;
    }

    public JinjaText Slice(int start, int end)
    {
        if (start == 0 && end == Value.Length)
        {
            return this;
        }

        var sliced = new List<TextRun>();
        var at = 0;
        foreach (var run in runs)
        {
            if (Math.Min(run.End, end) > Math.Max(at, start))
            {
                sliced.Add(new TextRun(Math.Min(run.End, end) - start, run.Origin));
            }

            at = run.End;
        }

        return new JinjaText(Value[start..end], [.. sliced]);
    }

    /// <summary>The same characters changed one by one.</summary>
    public JinjaText Map(Func<string, string> change) => change(Value) is var changed && changed.Length == Value.Length
        ? new JinjaText(changed, runs)
        : new JinjaText(changed, Origin);

    public JinjaText Strip(string? characters, bool left, bool right)
    {
        var (start, end) = (0, Value.Length);
        while (left && start < end && Strips(Value[start]))
        {
            start++;
        }

        while (right && end > start && Strips(Value[end - 1]))
        {
            end--;
        }

        return Slice(start, end);

        bool Strips(char c) => characters is null ? PythonText.IsSpace(c) : characters.Contains(c, StringComparison.Ordinal);
    }

    public IEnumerable<JinjaText> Split(string? separator, int most)
    {
        if (separator is null)
        {
            return SplitAtSpaces(most);
        }

        return SplitAt(separator, most);
    }

    public JinjaText Replace(string old, JinjaText with, int most)
    {
        var parts = SplitAt(old, most).SelectMany(part => new[] { with, part }).Skip(1);
        return old.Length == 0 ? throw new JinjaException("replace of an empty string isn't supported") : Join([.. parts]);
    }

    private IEnumerable<JinjaText> SplitAt(string separator, int most)
    {
        var start = 0;
        for (int at; most-- != 0 && (at = Value.IndexOf(separator, start, StringComparison.Ordinal)) >= 0; start = at + separator.Length)
        {
            yield return Slice(start, at);
        }

        yield return Slice(start, Value.Length);
    }

    private IEnumerable<JinjaText> SplitAtSpaces(int most)
    {
        var rest = Strip(null, left: true, right: false);
        while (rest.Value.Length > 0)
        {
            var end = most-- == 0 ? rest.Value.Length : rest.Value.TakeWhile(c => !PythonText.IsSpace(c)).Count();
            yield return rest.Slice(0, end);
            rest = rest.Slice(end, rest.Value.Length).Strip(null, left: true, right: false);
        }
    }
}
