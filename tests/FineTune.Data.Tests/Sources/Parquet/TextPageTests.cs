using System.Text;
using FineTune.Data.Sources;
using FineTune.Data.Sources.Parquet;

namespace FineTune.Data.Tests.FileSources.Parquet;

/// <summary>Pages of DELTA_BYTE_ARRAY by hand, after the examples of Parquet's "Encodings".</summary>
public sealed class TextPageTests
{
    [Fact]
    public void Read_SharedPrefixes_AreCompleted()
    {
        var page = Page(Lengths(0, 2, 0, 3), Lengths(4, 2, 6, 5), "axislebabbleyhood");

        Assert.Equal(["axis", "axle", "babble", "babyhood"], Read(page, 4));
    }

    [Fact]
    public void Read_MoreTextThanAPageMayHave_IsRefusedBeforeItIsMade()
    {
        const int Bytes = 1 << 20;
        var page = Page(Lengths([0, .. Enumerable.Repeat(Bytes, 199)]), Lengths([Bytes, .. new int[199]]), new string('a', Bytes));

        var refused = Assert.Throws<UnreadableFileException>(() => Read(page, 200));

        Assert.Contains("stands for 209,715,200 bytes", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 1)] // A prefix longer than the value before.
    [InlineData(0, 9)] // A suffix beyond the page.
    public void Read_LengthsThatLie_AreRefused(int prefix, int suffix) =>
        Assert.Throws<EndOfStreamException>(() => Read(Page(Lengths(0, prefix), Lengths(4, suffix), "axis"), 2));

    [Fact]
    public void Read_OtherNumberOfValues_IsRefused() =>
        Assert.Throws<InvalidDataException>(() => Read(Page(Lengths(0, 0), Lengths(1, 1), "ab"), 3));

    private static IEnumerable<string> Read(byte[] page, int count)
    {
        var texts = new TextPage(new PageMemory(), "text");
        texts.Read(ParquetEncoding.DeltaByteArray, page, count);
        return Enumerable.Range(0, count).Select(index => Encoding.UTF8.GetString(texts[index].Span));
    }

    private static byte[] Page(byte[] prefixes, byte[] suffixes, string text) => [.. prefixes, .. suffixes, .. Encoding.UTF8.GetBytes(text)];

    /// <summary>Blocks of 128 in 4 parts, with differences of 32 bits; parts without any are left out.</summary>
    private static byte[] Lengths(params int[] lengths)
    {
        var bytes = new List<byte>([128, 1, 4]);
        bytes.AddRange(Varint((ulong)lengths.Length));
        bytes.AddRange(Zigzag(lengths[0]));
        foreach (var block in lengths.Zip(lengths.Skip(1), (before, after) => (long)after - before).Chunk(128))
        {
            bytes.AddRange([.. Zigzag(block.Min()), 32, 32, 32, 32]);
            bytes.AddRange(block.SelectMany(difference => BitConverter.GetBytes((uint)(difference - block.Min()))));
            bytes.AddRange(new byte[4 * (-block.Length & 31)]);
        }

        return [.. bytes];
    }

    private static byte[] Zigzag(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    private static byte[] Varint(ulong value) => value < 128 ? [(byte)value] : [(byte)(value | 128), .. Varint(value >> 7)];
}
