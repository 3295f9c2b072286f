using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using FineTune.Core.Datasets;

namespace FineTune.Storage.Hub;

/// <summary>
/// Requests to the hub: tried again where that may help, redirected by hand so that the token goes to the hub alone and not to the servers
/// that keep its files, refused with the cure.
/// </summary>
internal sealed partial class HubClient(HttpMessageInvoker http, HubOptions options, TimeProvider clock)
{
    private const int MaximumRedirects = 5;

    /// <param name="target">What is asked for, as messages call it.</param>
    /// <param name="dataSet">Of which data set.</param>
    /// <exception cref="DataAccessException">The hub refuses.</exception>
    /// <exception cref="HttpRequestException">The hub can't be reached, or can't answer, after all attempts.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri uri, string dataSet, string target, long? from = null, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan? wait = null;
            try
            {
                var response = await FollowAsync(uri, from, cancellationToken);
                if (response.IsSuccessStatusCode)
                {
                    return response;
                }

                using (response)
                {
                    if (!IsTransient(response.StatusCode))
                    {
                        throw Refused(response, dataSet, target);
                    }

                    if (attempt >= options.Attempts)
                    {
                        throw new HttpRequestException($"The hub answers {(int)response.StatusCode} for {target}, {attempt} times in a row.", null, response.StatusCode);
                    }

                    wait = SaidWait(response);
                }
            }
            catch (HttpRequestException unreachable) when (unreachable.StatusCode is null && attempt < options.Attempts)
            {
                // The connection failed or broke.
            }

            var delay = wait ?? options.Backoff * Math.Pow(2, attempt - 1);
            await Task.Delay(delay < options.LongestBackoff ? delay : options.LongestBackoff, clock, cancellationToken);
        }
    }

    /// <summary>The body of an answer, which goes with it.</summary>
    public async Task<Stream> BodyAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        new PatientStream(response, await response.Content.ReadAsStreamAsync(cancellationToken), options.SilenceTimeout, clock);

    private async Task<HttpResponseMessage> FollowAsync(Uri uri, long? from, CancellationToken cancellationToken)
    {
        for (var redirects = 0; ; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("FineTune", null));
            request.Headers.Range = from is { } offset ? new RangeHeaderValue(offset, null) : null;
            if (options.Token is { } token && IsHub(uri))
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            }

            var response = await SendAsync(request, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.Moved or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect)
                || response.Headers.Location is not { } location)
            {
                return response;
            }

            response.Dispose();
            var next = new Uri(uri, location);
            if (redirects == MaximumRedirects || next.Scheme is not ("http" or "https") || (uri.Scheme == "https" && next.Scheme == "http"))
            {
                throw new HttpRequestException($"The hub redirects from {uri.Host} to {next.Host} in a way that isn't followed.", null, response.StatusCode);
            }

            uri = next;
        }
    }

    /// <summary>Until the headers are there.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.AnswerTimeout);
        try
        {
            return await http.SendAsync(request, limit.Token);
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"{request.RequestUri!.Host} gave no answer within {options.AnswerTimeout}.", late);
        }
    }

    private bool IsHub(Uri uri) => Uri.Compare(uri, options.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    private static bool IsTransient(HttpStatusCode status) => status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError;

    /// <summary>How long to wait by <c>Retry-After</c>, or by the hub's <c>RateLimit: "api";r=0;t=seconds</c>.</summary>
    private TimeSpan? SaidWait(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is { } after && (after.Delta ?? after.Date - clock.GetUtcNow()) is { } said && said >= TimeSpan.Zero)
        {
            return said;
        }

        return response.Headers.TryGetValues("RateLimit", out var limits) && Reset().Match(string.Join(';', limits)) is { Success: true } match
            ? TimeSpan.FromSeconds(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))
            : null;
    }

    private DataAccessException Refused(HttpResponseMessage response, string dataSet, string target)
    {
        var code = response.Headers.TryGetValues("X-Error-Code", out var codes) ? codes.First() : "";
        var page = $"{options.Endpoint}datasets/{dataSet}";
        return (response.StatusCode, code) switch
        {
            (HttpStatusCode.Unauthorized, _) when options.Token is null => DataAccessException.Denied(
                target, "There is no such data set, or it is private or gated. Check the name, or set HF_TOKEN on the host to an access token that may read it."),
            (HttpStatusCode.Unauthorized, _) => DataAccessException.Denied(target, "The hub doesn't accept the token in HF_TOKEN. Make a new one that may read, and set it on the host."),
            (HttpStatusCode.Forbidden, _) => DataAccessException.Denied(
                target, $"Accept the data set's terms at {page} with the account whose token HF_TOKEN is, or give the token the right to read it."),
            (HttpStatusCode.NotFound, "RevisionNotFound") => new DataAccessException(
                "data_not_found", $"{target} has no Parquet version on the hub, which it makes of public data sets within minutes. Wait for it, or download the files of {page} and upload them."),
            (HttpStatusCode.NotFound, _) => new DataAccessException("data_not_found", $"{target} isn't there. Check the name of data set, config and split at {page}."),
            _ => new DataAccessException("data_access_denied", $"The hub answers {(int)response.StatusCode} ({response.ReasonPhrase}) for {target}. Check the path."),
        };
    }

    [GeneratedRegex("\\bt=([0-9]{1,6})\\b", RegexOptions.CultureInvariant)]
    private static partial Regex Reset();
}
