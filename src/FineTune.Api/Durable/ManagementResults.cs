using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FineTune.Workflows.Durable;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace FineTune.Api.Durable;

/// <summary>Answers in the form of the Durable Functions extension.</summary>
internal static class ManagementResults
{
    // Not the host's serializer options: names and order are the extension's.
    public static readonly JsonSerializerOptions Json = new(JsonSerializerOptions.Default)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>JSON of <paramref name="body"/>; <c>null</c> for null.</summary>
    public static IResult Body(object? body, int status = StatusCodes.Status200OK) =>
        Results.Text(JsonSerializer.Serialize(body, Json), "application/json", Encoding.UTF8, status);

    public static IResult Message(int status, string message) => Body(new { Message = message }, status);

    /// <summary>A message with the exception behind it, in the form of Web API's <c>HttpError</c>.</summary>
    public static IResult Error(int status, string message, Exception error, string? exceptionMessage = null) => Body(
        new { Message = message, ExceptionMessage = exceptionMessage ?? error.Message, ExceptionType = error.GetType().FullName, StackTrace = error.StackTrace ?? "" },
        status);

    public static IResult Accepted { get; } = Results.StatusCode(StatusCodes.Status202Accepted);

    /// <summary>202 with the links by which the instance is watched and steered.</summary>
    public static IResult CheckStatus(HttpContext http, string instanceId)
    {
        var links = DurableManagementPayload.For(http.Request, instanceId);
        http.Response.Headers.Location = links.StatusQueryGetUri;
        http.Response.Headers.RetryAfter = "10";
        return Body(links, StatusCodes.Status202Accepted);
    }

    /// <summary>The status of an instance, as code, headers and body.</summary>
    public static IResult Status(HttpContext http, OrchestrationMetadata instance, IReadOnlyList<HistoryEvent>? history = null)
    {
        var query = http.Request.Query;
        var showInput = query.Flag("showInput", true);
        var events = history is null ? null : HistoryJson.Write(
            history, instance.ParentInstanceId is not null, showInput, query.Flag("showHistoryOutput", false));
        var status = StatusCodes.Status200OK;
        if (instance.IsRunning)
        {
            http.Response.Headers.Location = http.Request.GetEncodedUrl();
            http.Response.Headers.RetryAfter = "5";
            status = StatusCodes.Status202Accepted;
        }
        else if (instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed && query.Flag("returnInternalServerErrorOnFailure", false))
        {
            status = StatusCodes.Status500InternalServerError;
        }

        return Body(InstanceStatus.From(instance, showInput, events), status);
    }
}
