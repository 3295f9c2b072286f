using System.Net.Http.Json;
using System.Text.Json;
using FineTune.Api;
using FineTune.Core.Json;

namespace FineTune.Cli.Hosting;

/// <summary>HTTP to one host: answers are values, refusals and failures are exceptions that say what to do.</summary>
public sealed class HostConnection(Uri address) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // No overall timeout: uploads and generation take what they take; Ctrl-C ends them.
    private readonly HttpClient http = new(new SocketsHttpHandler { ConnectTimeout = ConnectTimeout })
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public Uri Address => address;

    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    public async Task<T> SendAsync<T>(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, content, cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    public Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken) =>
        SendAsync<T>(HttpMethod.Post, path, JsonContent.Create(body, body.GetType(), options: WireJson.Options), cancellationToken);

    public Task<T> PostAsync<T>(string path, CancellationToken cancellationToken) => SendAsync<T>(HttpMethod.Post, path, null, cancellationToken);

    /// <exception cref="RefusedException">The host answered 4xx.</exception>
    /// <exception cref="HostUnavailableException">The host did not answer, or answered 5xx.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        try
        {
            var response = await http.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return response;
            }

            using (response)
            {
                throw await ErrorAsync(response, cancellationToken);
            }
        }
        catch (Exception lost) when (lost is HttpRequestException
            || (lost is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new HostUnavailableException(
                $"No host answers at {address} ({lost.Message}). Start one with 'finetune up', or name another with --host or "
                    + $"{GlobalOptions.HostVariable}.",
                lost);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(WireJson.Options, cancellationToken)
                ?? throw new JsonException("an empty answer");
        }
        catch (JsonException strange)
        {
            throw new HostUnavailableException($"{address} answers, but not as a FineTune host does: {strange.Message}", strange);
        }
    }

    private async Task<Exception> ErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        var refusal = Refusal(body) ?? new FaultResponse(
            $"{address} answered {(int)response.StatusCode} {response.ReasonPhrase} to {response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath}.",
            []);
        return (int)response.StatusCode < 500
            ? new RefusedException(refusal)
            : new HostUnavailableException($"The host failed: {refusal.Error}");
    }

    private static FaultResponse? Refusal(string body)
    {
        try
        {
            return WireJson.Deserialize<FaultResponse>(body) is { Error: not null, Faults: not null } refusal ? refusal : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
