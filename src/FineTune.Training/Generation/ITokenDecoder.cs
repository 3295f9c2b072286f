namespace FineTune.Training.Generation;

/// <summary>A model that reads one sequence and scores what comes next.</summary>
public interface ITokenDecoder : IDisposable
{
    int VocabSize { get; }

    /// <summary>Longest sequence it can hold, in tokens.</summary>
    int ContextLength { get; }

    /// <summary>Tokens read so far.</summary>
    int Length { get; }

    /// <summary>Forgets the sequence.</summary>
    void Clear();

    /// <summary>Reads <paramref name="tokens"/> behind those before; the scores [V] of the next token, valid until the next call.</summary>
    /// <exception cref="Core.Faults.FaultException"><c>context_length_exceeded</c> or <c>token_out_of_range</c>.</exception>
    ReadOnlySpan<float> Read(scoped ReadOnlySpan<int> tokens);
}
