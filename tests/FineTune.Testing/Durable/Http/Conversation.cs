using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FineTune.Testing.Durable.Http;

/// <summary>
/// What is said to a host's durable management API and what it answers, word for word but for what no two hosts share: addresses and
/// keys, ids, times, continuation tokens, stack traces, and how a JSON parser puts an error.
/// </summary>
public sealed partial class Conversation(ManagementClient client)
{
    private static readonly string[] Headers = ["Location", "Retry-After", "x-ms-continuation-token"];
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly List<(string Id, string Name)> ids = [];
    private readonly List<(string Json, string Name)> payloads = [];
    private readonly JsonArray exchanges = [];

    /// <summary>The exchanges so far as indented JSON.</summary>
    public string Text => exchanges.ToJsonString(Indented) + "\n";

    /// <summary>An id that no other conversation has; it is read as <paramref name="name"/>.</summary>
    public string Id(string name)
    {
        var id = ids.FirstOrDefault(known => known.Name == name).Id ?? $"conversation-{Guid.NewGuid():N}";
        return Learn(id, name);
    }

    /// <summary>An id that the host has made.</summary>
    public string Learn(string id, string name)
    {
        ids.Add((id, name));
        return id;
    }

    /// <summary>A payload that is read as <paramref name="name"/>: what the service's own records look like is not the API's to tell.</summary>
    public string Payload(string json, string name)
    {
        payloads.Add((json, name));
        return json;
    }

    public async Task<ManagementAnswer> SayAsync(
        string method, string path, string? content = null, string mediaType = "application/json", string? continuationToken = null, string? learn = null)
    {
        var answer = await client.SendAsync(new HttpMethod(method), path, content, mediaType, continuationToken);
        if (learn is not null)
        {
            Learn((string)answer.Json["id"]!, learn);
        }

        var request = new JsonObject { ["method"] = method, ["path"] = Normal(path) };
        if (content is not null)
        {
            request["contentType"] = mediaType;
            request["body"] = Normal(content);
        }

        exchanges.Add((JsonNode)new JsonObject { ["request"] = request, ["response"] = Response(answer) });
        return answer;
    }

    /// <summary>Until the instance has come to that status; what is said meanwhile does not count.</summary>
    public Task UntilAsync(string id, string status) => client.UntilAsync(id, status);

    /// <summary>Until a waiting instance has done all it can: its history ends with a timer.</summary>
    public Task SettledAsync(string id) => Eventually.AnswersAsync<object>(async () =>
    {
        var answer = await client.GetAsync($"/instances/{id}?showHistory=true");
        return answer.Body.Contains("TimerCreated", StringComparison.Ordinal) ? answer : null;
    });

    private JsonObject Response(ManagementAnswer answer)
    {
        var headers = new JsonObject();
        foreach (var name in Headers)
        {
            if (answer.Header(name) is { } value)
            {
                headers[name] = name == "x-ms-continuation-token" ? "<token>" : Normal(value);
            }
        }

        var response = new JsonObject { ["status"] = answer.Status, ["contentType"] = answer.ContentType, ["headers"] = headers };
        if (answer.Body.Length > 0)
        {
            var body = JsonNode.Parse(Normal(answer.Body))!;
            Soften(body);
            response["body"] = body;
        }

        return response;
    }

    private string Normal(string text)
    {
        text = KeyPattern().Replace(text.Replace(client.Authority, "http://localhost:7071", StringComparison.Ordinal), "");
        foreach (var (json, name) in payloads)
        {
            text = text.Replace(JsonSerializer.Serialize(json, Indented), $"\"<{name}, as text>\"", StringComparison.Ordinal)
                .Replace(json, $"\"<{name}>\"", StringComparison.Ordinal);
        }

        foreach (var (id, name) in ids)
        {
            text = text.Replace(id, $"<{name}>", StringComparison.Ordinal);
        }

        text = SecondPattern().Replace(text, "\"<second>\"");
        return TimePattern().Replace(text, match => match.Groups["offset"].Value == "Z" ? "\"<time>\"" : "\"<time with offset>\"");
    }

    /// <summary>Takes the wording of machines and parsers out of errors.</summary>
    private static void Soften(JsonNode node)
    {
        switch (node)
        {
            case JsonArray list:
                foreach (var item in list.OfType<JsonNode>())
                {
                    Soften(item);
                }

                break;
            case JsonObject fields:
                foreach (var (name, value) in fields.ToList())
                {
                    switch (name)
                    {
                        case "StackTrace" when value is not null:
                            fields[name] = "<stack>";
                            break;
                        case "ExceptionType" when ((string)value!).Contains("Json", StringComparison.Ordinal):
                            (fields["ExceptionMessage"], fields[name]) = ("<parser's own words>", "<parser's own>");
                            break;
                        case "ExceptionType":
                            fields[name] = ((string)value!).Split('.')[^1];
                            break;
                        default:
                            if (value is not null)
                            {
                                Soften(value);
                            }

                            break;
                    }
                }

                break;
        }
    }

    [GeneratedRegex(@"[?&]code=[^&""]*")]
    private static partial Regex KeyPattern();

    [GeneratedRegex(@"""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ""")]
    private static partial Regex SecondPattern();

    [GeneratedRegex(@"""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(?<offset>Z|\+00:00)""")]
    private static partial Regex TimePattern();
}
