using FineTune.Data.Formatting.Jinja;

namespace FineTune.Data.Formatting;

/// <summary>A conversation as the model's template renders it, in buffers that are lent out: dispose it to give them back.</summary>
internal sealed class RenderedChat(Action<RenderedChat> giveBack) : IDisposable
{
    public RenderedOutput Output { get; } = new();

    public List<FoundControl> Controls { get; } = [];

    /// <summary>Ranges that carry loss, in order.</summary>
    public List<(int Start, int End)> Trained { get; } = [];

    /// <summary>In order, without gaps.</summary>
    public List<ChatSegment> Segments { get; } = [];

    public ReadOnlySpan<byte> TextOf(ChatSegment segment) => Output.Text[segment.Start..segment.End];

    public void Dispose() => giveBack(this);
}
