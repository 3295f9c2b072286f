using System.Globalization;
using System.Text.Json.Serialization;

namespace FineTune.Core.Faults;

/// <summary>Who has to act for the run to succeed.</summary>
public enum FaultAttribution
{
    /// <summary>The request, the data or the configuration: change it and submit again.</summary>
    Caller,

    /// <summary>This service or its host: an operator must look.</summary>
    Platform,

    /// <summary>A connection to storage or another service.</summary>
    Network,
}

/// <summary>Why a step or a run did not succeed, as data that crosses every process boundary.</summary>
/// <param name="Phase">Step of the workflow, e.g. <c>validate_data</c>.</param>
/// <param name="Attribution">Who has to act.</param>
/// <param name="Code">Stable machine name in snake_case, e.g. <c>region_not_supported</c>.</param>
/// <param name="Message">One sentence: what, where, and how to mend it.</param>
/// <param name="File">The file concerned, if any.</param>
/// <param name="Line">One-based line in <paramref name="File"/>, if any.</param>
/// <param name="Field">Request or record field, if any.</param>
/// <param name="Retryable">Whether submitting the same again can help.</param>
public sealed record Fault(
    string Phase,
    FaultAttribution Attribution,
    string Code,
    string Message,
    string? File = null,
    long? Line = null,
    string? Field = null,
    bool Retryable = false)
{
    /// <summary>What <see cref="Line"/> counts where it isn't lines: <c>element</c> of a list, <c>row</c> of a table.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Record { get; init; }

    /// <summary>For readers: <c>a.jsonl, line 3</c>, <c>a.json, element 3</c>, <c>a.csv</c>; null where no file is concerned.</summary>
    [JsonIgnore]
    public string? Place => File is null || Line is null ? File : string.Create(CultureInfo.InvariantCulture, $"{File}, {Record ?? "line"} {Line}");

    public static Fault Caller(string phase, string code, string message, string? field = null) =>
        new(phase, FaultAttribution.Caller, code, message, Field: field);

    public static Fault Platform(string phase, string code, string message) =>
        new(phase, FaultAttribution.Platform, code, message, Retryable: true);
}

/// <summary>An expected refusal raised where a value cannot be returned; the boundary turns it back into its <see cref="Fault"/>.</summary>
public sealed class FaultException(Fault fault, Exception? inner = null) : Exception(fault.Message, inner)
{
    public Fault Fault { get; } = fault;
}
