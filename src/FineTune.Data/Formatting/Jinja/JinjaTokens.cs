namespace FineTune.Data.Formatting.Jinja;

/// <summary>The tokens of a template, taken one by one.</summary>
internal sealed class JinjaTokens(List<JinjaToken> tokens)
{
    private int position;

    public bool More => position < tokens.Count;

    private JinjaToken Current => More ? tokens[position] : default;

    public bool Take(string symbol) => TakeIf(IsSymbol(symbol));

    public bool TakeKeyword(string name) => TakeIf(IsKeyword(name));

    public bool IsSymbol(string symbol) => More && Current is { Kind: TokenKind.Symbol } token && token.Value == symbol;

    public bool IsKeyword(string name) => More && Current is { Kind: TokenKind.Name } token && token.Value == name;

    /// <summary>The first of <paramref name="symbols"/> that stands here, taken, or null.</summary>
    public string? TakeAny(params ReadOnlySpan<string> symbols)
    {
        foreach (var symbol in symbols)
        {
            if (Take(symbol))
            {
                return symbol;
            }
        }

        return null;
    }

    public string? TakeKind(TokenKind kind)
    {
        var value = More && Current.Kind == kind ? Current.Value : null;
        position += value is null ? 0 : 1;
        return value;
    }

    /// <summary>Whether an operand without brackets stands here.</summary>
    public bool IsOperand => More && Current.Kind is TokenKind.Name or TokenKind.Number or TokenKind.Text;

    /// <summary>A name, taken together with <paramref name="symbol"/> after it, or null.</summary>
    public string? TakeNameBefore(string symbol)
    {
        if (position + 1 >= tokens.Count || Current.Kind != TokenKind.Name || tokens[position + 1] is not { Kind: TokenKind.Symbol } next
            || next.Value != symbol)
        {
            return null;
        }

        position += 2;
        return tokens[position - 2].Value;
    }

    public string ExpectName() => TakeKind(TokenKind.Name) ?? throw Unexpected("a name");

    public void Expect(string symbol)
    {
        if (!Take(symbol))
        {
            throw Unexpected($"'{symbol}'");
        }
    }

    public void ExpectKeyword(string name)
    {
        if (!TakeKeyword(name))
        {
            throw Unexpected($"'{name}'");
        }
    }

    public JinjaException Unexpected(string expected) => new(
        More ? $"expected {expected} at {Current.Offset}, found '{Current.Value}'" : $"expected {expected}, found the end");

    private bool TakeIf(bool stands)
    {
        position += stands ? 1 : 0;
        return stands;
    }
}
