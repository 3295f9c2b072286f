using FineTune.Core.Faults;

namespace FineTune.Core.Datasets;

/// <summary>A place where users keep data, as far as runs read it.</summary>
public interface IDataStore
{
    /// <summary>Whether <paramref name="location"/> has the form of this place's addresses.</summary>
    bool Handles(string location);

    /// <summary>The address in the one form that this or another place keeps it in: credentials in it are no longer in plain.</summary>
    /// <exception cref="DataAccessException">It leads nowhere.</exception>
    Task<string> ResolveAsync(string location, CancellationToken cancellationToken = default) => Task.FromResult(location);

    /// <summary>Whether folders may be Delta tables.</summary>
    bool MayHoldTables => true;

    /// <summary>The file at <paramref name="location"/>, or null when there is none.</summary>
    /// <exception cref="DataAccessException">The place refuses to say.</exception>
    Task<DataFile?> FindAsync(string location, CancellationToken cancellationToken = default);

    /// <summary>All files below <paramref name="folder"/>, in the order of their names.</summary>
    /// <exception cref="DataAccessException">The place refuses to say, or there is no such container.</exception>
    IAsyncEnumerable<DataFile> ListAsync(string folder, CancellationToken cancellationToken = default);

    /// <summary>The file's bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="DataAccessException">The file is gone, is no longer the one that was found, or may not be read.</exception>
    Task<Stream> OpenReadAsync(DataFile file, long offset = 0, CancellationToken cancellationToken = default);
}

/// <summary>Data can't be read and another try won't help: says what, where, and the cure.</summary>
/// <param name="code">Of the fault that users see, e.g. <c>data_access_denied</c>.</param>
public sealed class DataAccessException(string code, string message, Exception? inner = null) : IOException(message, inner)
{
    public string Code { get; } = code;

    public static DataAccessException Changed(string location) => new(
        "data_changed", $"{location} was changed or removed after it was found. Submit the run again.");

    public static DataAccessException Denied(string location, string cure, Exception? inner = null) => new(
        "data_access_denied", $"{location} may not be read. {cure}", inner);

    public Fault ToFault(string phase, string field) => Fault.Caller(phase, Code, Message, field);
}
