namespace FineTune.Data.Formatting.Jinja;

/// <summary>A template that can't be read, uses what isn't supported, fails, or refuses its input.</summary>
/// <param name="isRefusal">The template itself called <c>raise_exception</c>: the input isn't one it can render.</param>
public sealed class JinjaException(string message, bool isRefusal = false) : Exception(message)
{
    public bool IsRefusal { get; } = isRefusal;
}
