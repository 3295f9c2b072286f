using System.Text.Json;
using System.Text.Json.Serialization;
using Parquet;
using Parquet.Serialization;

namespace FineTune.Testing.Tables;

/// <summary>Parquet files as another implementation writes them.</summary>
public static class ParquetFiles
{
    /// <summary>Lines of JSON as rows of <typeparamref name="T"/>, for example <see cref="PairRow"/>.</summary>
    public static Task<byte[]> OfLinesAsync<T>(
        string lines, CompressionMethod compression = CompressionMethod.Snappy, int rowGroupSize = ParquetOptions.DefaultRowGroupSize) =>
        OfAsync([.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<T>(line)!)], compression, rowGroupSize);

    public static async Task<byte[]> OfAsync<T>(
        IReadOnlyList<T> rows, CompressionMethod compression = CompressionMethod.Snappy, int rowGroupSize = ParquetOptions.DefaultRowGroupSize)
    {
        using var file = new MemoryStream();
        await ParquetSerializer.SerializeAsync(rows, file, new ParquetOptions { CompressionMethod = compression, RowGroupSize = rowGroupSize });
        return file.ToArray();
    }
}

public sealed class PairRow
{
    [JsonPropertyName("prompt")]
    public string? Prompt { get; set; }

    [JsonPropertyName("response")]
    public string? Response { get; set; }
}

public sealed class TextRow
{
    [JsonPropertyName("text")]
    public string? Text { get; set; }
}

public sealed class ChatRow
{
    [JsonPropertyName("messages")]
    public List<MessageRow>? Messages { get; set; }
}

public sealed class MessageRow
{
    [JsonPropertyName("role")]
    public string? Role { get; set; }

    [JsonPropertyName("content")]
    public string? Content { get; set; }

    [JsonPropertyName("weight")]
    public int? Weight { get; set; }

    [JsonPropertyName("tool_calls")]
    public List<ToolCallRow>? ToolCalls { get; set; }
}

public sealed class ToolCallRow
{
    [JsonPropertyName("id")]
    public string? Id { get; set; }

    [JsonPropertyName("type")]
    public string? Type { get; set; }

    [JsonPropertyName("function")]
    public FunctionRow? Function { get; set; }
}

public sealed class FunctionRow
{
    [JsonPropertyName("name")]
    public string? Name { get; set; }

    [JsonPropertyName("arguments")]
    public string? Arguments { get; set; }
}
