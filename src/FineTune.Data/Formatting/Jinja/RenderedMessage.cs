namespace FineTune.Data.Formatting.Jinja;

/// <summary>What a rendered text has of a message; positions are -1 where there is nothing.</summary>
/// <param name="Start">Where the first of its turns in a loop begins.</param>
/// <param name="End">Where the last of them ends.</param>
/// <param name="First">Where the first text stands that is the message's own.</param>
internal record struct RenderedMessage(int Start, int End, int First)
{
    public static RenderedMessage None { get; } = new(-1, -1, -1);

    public bool HasContent { get; set; }

    public bool HasCalls { get; set; }
}
