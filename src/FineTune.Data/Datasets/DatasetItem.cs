namespace FineTune.Data.Datasets;

/// <summary>Something to train on and where it stands.</summary>
/// <param name="File">Name of the source.</param>
/// <param name="Line">One-based, counted as <see cref="Record"/> says.</param>
public abstract record DatasetItem(string File, long Line)
{
    /// <summary>Null of a line; otherwise element of a JSON array, or row of a table.</summary>
    public string? Record { get; init; }
}

/// <summary>A conversation.</summary>
public sealed record ChatExample(string File, long Line, IReadOnlyList<ChatMessage> Messages) : DatasetItem(File, Line)
{
    /// <summary>The tools the assistant may call, each the JSON text of <c>{"type": "function", "function": {…}}</c>; <c>functions</c> are wrapped so.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>Whether several calls may stand in one message; null where the file doesn't say.</summary>
    public bool? ParallelToolCalls { get; init; }
}

/// <summary>A prompt and the answer to learn.</summary>
public sealed record InstructionExample(string File, long Line, string Prompt, string Response) : DatasetItem(File, Line);

/// <summary>A part of a document, cut where no token can cross; parts of one document follow each other.</summary>
/// <param name="EndsDocument">Whether this is the document's last part.</param>
public sealed record DocumentPart(string File, long Line, string Text, bool EndsDocument) : DatasetItem(File, Line);
