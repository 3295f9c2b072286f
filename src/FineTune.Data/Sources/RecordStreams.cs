using FineTune.Data.Datasets;
using FineTune.Data.Sources.Parquet;

namespace FineTune.Data.Sources;

/// <summary>Opens files of every format.</summary>
internal static class RecordStreams
{
    /// <summary>The source's content as lines, or as text; decompressed where needed.</summary>
    public static async Task<RecordStream> OpenAsync(DatasetSource source, DatasetOptions options, CancellationToken cancellationToken = default)
    {
        var stream = await source.OpenAsync(cancellationToken);
        if (source.Format.Compression != Compression.None)
        {
            stream = new DecompressedStream(stream, source.Format.Compression, options);
        }

        return source.Format.Records switch
        {
            RecordFormat.Json => new JsonRecordStream(stream),
            RecordFormat.Csv => new CsvRecordStream(stream, options),
            RecordFormat.Parquet => new ParquetRecordStream(stream, source.Columns, options),
            _ => new PlainStream(stream),
        };
    }
}
