using System.Diagnostics;

namespace FineTune.Core.Telemetry;

/// <summary>
/// The service's spans. One trace leads from the request that creates a run to the model it registers; it is carried over queues and
/// durable inputs as a <c>traceparent</c> (W3C Trace Context). Without a listener nothing is recorded.
/// </summary>
public static class Traces
{
    /// <summary>Of the source, for hosts that export it.</summary>
    public const string Name = "FineTune";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>The <c>traceparent</c> of what is being done now; null when it is not traced.</summary>
    public static string? Current => Activity.Current is { IdFormat: ActivityIdFormat.W3C } now ? now.Id : null;

    /// <summary>Begins a span under <paramref name="traceParent"/>, or under the present one when that is null.</summary>
    public static Activity? Start(string name, ActivityKind kind = ActivityKind.Internal, string? traceParent = null) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var parent)
            ? Source.StartActivity(name, kind, parent)
            : Source.StartActivity(name, kind);
}

/// <summary>Carries the trace it belongs to.</summary>
public interface ITraced
{
    /// <summary><c>traceparent</c> of the span that made it; null when that was not traced.</summary>
    string? TraceParent { get; }
}
