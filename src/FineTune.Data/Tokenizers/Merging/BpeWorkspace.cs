namespace FineTune.Data.Tokenizers.Merging;

/// <summary>What encoding needs for one thread: lent out, and taken back.</summary>
internal sealed class BpeWorkspace
{
    private byte[] text = [];

    public PieceCache Cache { get; } = new();

    public WindowCache Windows { get; } = new();

    public Symbols Symbols { get; } = new();

    /// <summary>Text whose spaces were changed.</summary>
    public ref byte[] Text => ref text;

    /// <summary>Ids on their way into an array.</summary>
    public TokenBuffer Ids { get; } = new();
}
