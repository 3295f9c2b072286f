using FineTune.Core.Faults;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace FineTune.Api;

/// <summary>The body of every refusal: all faults, the first one's message as the title.</summary>
public sealed record FaultResponse(string Error, IReadOnlyList<Fault> Faults)
{
    public static FaultResponse Of(params IReadOnlyList<Fault> faults) => new(string.Join(" ", faults.Select(fault => fault.Message)), faults);
}

/// <summary>Turns faults and unreadable requests into 400 with a <see cref="FaultResponse"/>; anything else stays a 500.</summary>
public sealed class FaultExceptionHandler : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var (status, fault) = exception switch
        {
            FaultException refused => (StatusOf(refused.Fault), refused.Fault),
            BadHttpRequestException bad => (
                bad.StatusCode,
                Fault.Caller("http", "bad_request", bad.InnerException is { } inner ? $"{bad.Message} {inner.Message}" : bad.Message)),
            _ => (0, null),
        };
        if (fault is null)
        {
            return false;
        }

        httpContext.Response.StatusCode = status;
        await httpContext.Response.WriteAsJsonAsync(FaultResponse.Of(fault), cancellationToken);
        return true;
    }

    private static int StatusOf(Fault fault) => fault.Attribution switch
    {
        FaultAttribution.Caller => fault.Code.EndsWith("not_found", StringComparison.Ordinal) ? StatusCodes.Status404NotFound : StatusCodes.Status400BadRequest,
        FaultAttribution.Network => StatusCodes.Status502BadGateway,
        _ => StatusCodes.Status503ServiceUnavailable,
    };
}
