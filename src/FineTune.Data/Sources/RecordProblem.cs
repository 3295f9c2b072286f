using FineTune.Data.Datasets;

namespace FineTune.Data.Sources;

/// <summary>Why a record can't be read.</summary>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Code">One of <see cref="ProblemCodes"/>, an error.</param>
/// <param name="Excerpt">The beginning of what is wrong.</param>
public sealed record RecordProblem(long Line, string Code, string? Field, string Message, string? Excerpt = null);

/// <summary>A file can't be read, or not to its end.</summary>
/// <param name="code">One of <see cref="ProblemCodes"/>, an error.</param>
public sealed class UnreadableFileException(string code, string message, Exception? inner = null) : IOException(message, inner)
{
    public string Code { get; } = code;
}
