namespace FineTune.Data.Sources.Parquet;

/// <summary>A page without compression.</summary>
/// <param name="Page">With a header of version 1.</param>
internal sealed record PlainPage(ReadOnlyMemory<byte> Page, ReadOnlyMemory<byte> Content, int Entries);

/// <summary>A page of data and its dictionary, both without compression.</summary>
/// <param name="Page">With a header of version 1.</param>
/// <param name="Levels">Its levels, each kind behind its length.</param>
/// <param name="Values">Behind the levels.</param>
/// <param name="Encoding">Of <paramref name="Values"/>.</param>
/// <param name="Entries">Values and nulls.</param>
internal sealed record DecodablePage(
    PlainPage? Dictionary, ReadOnlyMemory<byte> Page, ReadOnlyMemory<byte> Levels, ReadOnlyMemory<byte> Values, int Encoding, int Entries);
