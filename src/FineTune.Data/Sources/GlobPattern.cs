using System.Text;
using System.Text.RegularExpressions;

namespace FineTune.Data.Sources;

/// <summary>
/// A path with wildcards: <c>*</c> and <c>?</c> within a name, <c>**</c> for any number of folders, <c>{a,b}</c> for either. Letters count as
/// they are written. Matching takes time linear in the path, whatever the pattern.
/// </summary>
public sealed class GlobPattern
{
    private const int MaximumLength = 1024;
    private const string Wildcards = "*?{";

    private readonly Regex regex;

    private GlobPattern(string folder, bool isRooted, Regex regex) => (Folder, IsRooted, this.regex) = (folder, isRooted, regex);

    /// <summary>The folder that everything it matches lies in, without a slash at its end; empty for the one that paths begin in.</summary>
    public string Folder { get; }

    /// <summary>Whether the path begins with a slash.</summary>
    public bool IsRooted { get; }

    public static bool IsPattern(string path) => path.AsSpan().ContainsAny(Wildcards);

    /// <exception cref="FormatException">Says what is wrong with it.</exception>
    public static GlobPattern Parse(string path)
    {
        var first = path.AsSpan().IndexOfAny(Wildcards);
        var slash = first < 0 ? path.Length : path.AsSpan(0, first).LastIndexOf('/');
        var pattern = path[Math.Min(path.Length, slash + 1)..];
        if (pattern.Length > MaximumLength)
        {
            throw new FormatException($"A pattern may have {MaximumLength} characters, but this one has {pattern.Length}.");
        }

        if (pattern.Split('/', '{', '}', ',').Any(part => part is "." or ".."))
        {
            throw new FormatException("Behind its first wildcard a pattern may not have the parts '.' and '..'.");
        }

        try
        {
            return new GlobPattern(slash < 0 ? "" : path[..slash], path.StartsWith('/'), new Regex(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (NotSupportedException)
        {
            throw new FormatException("The pattern has too many alternatives. Name the folder, or give fewer.");
        }
    }

    /// <param name="name">Below <see cref="Folder"/>, with slashes.</param>
    public bool IsMatch(string name) => regex.IsMatch(name);

    private static string Translate(string pattern)
    {
        var regex = new StringBuilder("^(?s:");
        var open = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when IsAnyFolder(pattern, i):
                    regex.Append(i + 2 < pattern.Length ? "(?:[^/]+/)*" : ".+");
                    i += 2;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append("[^/]");
                    break;
                case '{':
                    open++;
                    regex.Append("(?:");
                    break;
                case '}' when open > 0:
                    open--;
                    regex.Append(')');
                    break;
                case ',' when open > 0:
                    regex.Append('|');
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return open == 0 ? regex.Append(")\\z").ToString() : throw new FormatException("A '{' of the pattern isn't closed.");
    }

    private static bool IsAnyFolder(string pattern, int at) =>
        string.CompareOrdinal(pattern, at, "**", 0, 2) == 0
        && (at == 0 || pattern[at - 1] == '/')
        && (at + 2 == pattern.Length || pattern[at + 2] == '/');
}
