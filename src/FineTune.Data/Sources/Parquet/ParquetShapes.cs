namespace FineTune.Data.Sources.Parquet;

/// <summary>What is kept of Parquet's metadata, by the ids of <c>parquet.thrift</c>: no statistics, indexes, nor keys and values.</summary>
internal static class ParquetShapes
{
    private static readonly ThriftShape Empty = new();

    private static readonly ThriftShape LogicalType = new(
        Nested(1, Empty), // STRING
        Nested(2, Empty), // MAP
        Nested(3, Empty), // LIST
        Nested(4, Empty), // ENUM
        Nested(12, Empty), // JSON
        Nested(13, Empty)); // BSON

    private static readonly ThriftShape SchemaElement = new(
        Number(1), // type
        Number(2), // type_length
        Number(3), // repetition_type
        Text(4), // name
        Number(5), // num_children
        Number(6), // converted_type
        Number(9), // field_id
        Nested(10, LogicalType));

    private static readonly ThriftShape ColumnMetaData = new(
        Number(1), // type
        new ThriftField(2, ThriftType.List, ThriftType.Int32), // encodings
        new ThriftField(3, ThriftType.List, ThriftType.Binary), // path_in_schema
        Number(4), // codec
        Long(5), // num_values
        Long(6), // total_uncompressed_size
        Long(7), // total_compressed_size
        Long(9), // data_page_offset
        Long(10), // index_page_offset
        Long(11)); // dictionary_page_offset

    private static readonly ThriftShape ColumnChunk = new(
        Text(1), // file_path
        Long(2), // file_offset
        Nested(3, ColumnMetaData));

    private static readonly ThriftShape RowGroup = new(
        new ThriftField(1, ThriftType.List, ThriftType.Struct, ColumnChunk),
        Long(2), // total_byte_size
        Long(3)); // num_rows

    public static ThriftShape FileMetaData { get; } = new(
        Number(1), // version
        new ThriftField(SchemaField, ThriftType.List, ThriftType.Struct, SchemaElement),
        Long(3), // num_rows
        new ThriftField(4, ThriftType.List, ThriftType.Struct, RowGroup));

    public const short SchemaField = 2;

    public const short ChildrenField = 5;

    private static ThriftField Number(short id) => new(id, ThriftType.Int32);

    private static ThriftField Long(short id) => new(id, ThriftType.Int64);

    private static ThriftField Text(short id) => new(id, ThriftType.Binary);

    private static ThriftField Nested(short id, ThriftShape shape) => new(id, ThriftType.Struct, Shape: shape);
}
