using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace FineTune.Testing.Durable.Http;

/// <summary>Speaks HTTP to a host's durable management API.</summary>
/// <param name="host">Scheme and authority; a query, such as <c>?code=…</c>, goes with every request.</param>
public sealed class ManagementClient(Uri host) : IDisposable
{
    public const string UrlVariable = "FINETUNE_CONTRACT_BASE_URL";

    private readonly HttpClient http = new() { Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Where all paths of the API begin.</summary>
    public string Base { get; } = host.GetLeftPart(UriPartial.Authority) + "/runtime/webhooks/durabletask";

    public string Authority { get; } = host.GetLeftPart(UriPartial.Authority);

    /// <summary>The host that the tests are to speak to, or null: then they start one.</summary>
    public static ManagementClient? FromEnvironment() =>
        Environment.GetEnvironmentVariable(UrlVariable) is { Length: > 0 } url ? new ManagementClient(new Uri(url)) : null;

    public Task<ManagementAnswer> GetAsync(string path, string? continuationToken = null) => SendAsync(HttpMethod.Get, path, continuationToken: continuationToken);

    public Task<ManagementAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<ManagementAnswer> PostAsync(string path, string? json = null) => SendAsync(HttpMethod.Post, path, json);

    public async Task<ManagementAnswer> SendAsync(
        HttpMethod method, string path, string? content = null, string mediaType = "application/json", string? continuationToken = null)
    {
        using var request = new HttpRequestMessage(method, Url(path));
        request.Content = content is null ? null : new StringContent(content, Encoding.UTF8, mediaType);
        if (continuationToken is not null)
        {
            request.Headers.Add("x-ms-continuation-token", continuationToken);
        }

        using var response = await http.SendAsync(request);
        return new ManagementAnswer(
            (int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers, response.Content.Headers.ContentType);
    }

    /// <summary>Asks for the status until it is <paramref name="status"/>.</summary>
    public Task<ManagementAnswer> UntilAsync(string id, string status) => Eventually.AnswersAsync(async () =>
    {
        var answer = await GetAsync($"/instances/{id}");
        return answer.Body.Length > 0 && (string?)answer.Json["runtimeStatus"] == status ? answer : null;
    });

    public void Dispose() => http.Dispose();

    private Uri Url(string path)
    {
        var url = new UriBuilder(Base + path);
        url.Query = string.Join('&', new[] { url.Query, host.Query }.Select(query => query.TrimStart('?')).Where(query => query.Length > 0));
        return url.Uri;
    }
}

/// <param name="Body">Empty when there is none.</param>
public sealed record ManagementAnswer(int Status, string Body, HttpResponseHeaders Headers, MediaTypeHeaderValue? Content)
{
    public string? MediaType => Content?.MediaType;

    public string? ContentType => Content?.ToString();

    public JsonNode Json => JsonNode.Parse(Body)!;

    public string? Location => Headers.Location?.ToString();

    /// <summary>Names of the body's properties, in their order.</summary>
    public IEnumerable<string> Names => Json.AsObject().Select(property => property.Key);

    public string? Header(string name) => Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
}
