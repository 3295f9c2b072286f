namespace FineTune.Storage.Hub;

/// <summary>How the Hugging Face hub is reached. The token stays here: it is in no path, file, history or log.</summary>
public sealed record HubOptions
{
    /// <summary><c>HF_ENDPOINT</c>.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary><c>HF_TOKEN</c>: an access token that may read, for private and gated data sets. Null reads public ones.</summary>
    public string? Token { get; init; }

    /// <summary>How often a request is made that the hub can't answer at the moment.</summary>
    public int Attempts { get; init; } = 6;

    /// <summary>Between the first two attempts, doubled after each, where the hub doesn't say how long to wait.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait, whatever the hub says.</summary>
    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long an answer may take to begin.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long an answer may pause; then it is asked for again from where it was.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <exception cref="InvalidOperationException"><c>HF_ENDPOINT</c> is no address.</exception>
    public static HubOptions FromSettings(Func<string, string?> setting)
    {
        var options = new HubOptions { Token = setting("HF_TOKEN") is { Length: > 0 } token ? token.Trim() : null };
        return setting("HF_ENDPOINT") is not { Length: > 0 } endpoint ? options
            : Uri.TryCreate(endpoint.TrimEnd('/'), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" ? options with { Endpoint = uri! }
            : throw new InvalidOperationException($"The setting HF_ENDPOINT is '{endpoint}', which is no http or https address.");
    }

    public override string ToString() => $"hub {Endpoint}{(Token is null ? "" : " with a token")}";
}
