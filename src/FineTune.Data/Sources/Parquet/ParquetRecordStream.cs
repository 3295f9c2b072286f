using System.Buffers;
using FineTune.Core.Datasets;
using FineTune.Data.Datasets;

namespace FineTune.Data.Sources.Parquet;

/// <summary>A Parquet file as records.</summary>
/// <param name="inner">Seekable.</param>
/// <param name="columns">Of a table's file, what the table says of its columns.</param>
internal sealed class ParquetRecordStream(Stream inner, TableColumns? columns, DatasetOptions options) : RecordStream(inner)
{
    // Longer than any line that is read, so that a row broken off here is reported as too long.
    private readonly ParquetRows rows = new(inner, new ExampleProjection(columns), options.MaximumLineBytes + (1 << 20));

    public override string RecordName => "row";

    protected override ValueTask<bool> WriteNextAsync(IBufferWriter<byte> output, CancellationToken cancellationToken) =>
        rows.WriteNextAsync(output, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        rows.Dispose();
        base.Dispose(disposing);
    }
}
