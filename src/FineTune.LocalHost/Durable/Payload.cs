using System.Text.Json;
using FineTune.Core.Json;

namespace FineTune.LocalHost.Durable;

/// <summary>Inputs, results and events as JSON text; null stays null.</summary>
internal static class Payload
{
    public static string? Write(object? value) => value is null ? null : JsonSerializer.Serialize(value, value.GetType(), WireJson.Options);

    public static T? Read<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json, WireJson.Options);
}
