namespace FineTune.Data.Sources.Parquet;

/// <summary>Encodings of <c>parquet.thrift</c>.</summary>
internal static class ParquetEncoding
{
    public const int Plain = 0;
    public const int PlainDictionary = 2;
    public const int DeltaBinaryPacked = 5;
    public const int DeltaLengthByteArray = 6;
    public const int DeltaByteArray = 7;
    public const int RleDictionary = 8;
    public const int Last = 9;
}
