using FineTune.Api;

namespace FineTune.Cli.Hosting;

/// <summary>The host refused a request (4xx).</summary>
public sealed class RefusedException(FaultResponse response) : Exception(response.Error)
{
    public FaultResponse Response { get; } = response;
}

/// <summary>No host answers, or it failed (5xx); asking again later can help.</summary>
public sealed class HostUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
