using System.IO.Compression;
using System.Text;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tests.FileSources;

public sealed class DecompressionTests
{
    private static readonly byte[] Lines = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => $"{{\"text\": \"{i * 7919 % 10007}\"}}\n")));

    public static TheoryData<string> Extensions => ["gz", "zst"];

    [Theory]
    [MemberData(nameof(Extensions))]
    public async Task Read_SeveralMembers_GivesAllOfThem(string extension)
    {
        var member = Compress(Lines, extension);

        var (items, problems) = await ReadAsync(extension, [.. member, .. member]);

        Assert.Equal(10_000, items.Count);
        Assert.Empty(problems);
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public async Task Read_FileCutAnywhere_IsTruncatedAfterItsLines(string extension)
    {
        var member = Compress(Lines, extension);
        foreach (var length in (int[])[1, 2, 5, 10, 100, member.Length / 2, member.Length - 9, member.Length - 8, member.Length - 4, member.Length - 1])
        {
            foreach (var before in (byte[][])[[], member])
            {
                var (items, problems) = await ReadAsync(extension, [.. before, .. member[..length]]);

                Assert.InRange(items.Count, before.Length == 0 ? 0 : 5000, before.Length == 0 ? 5000 : 10_000);
                Assert.Equal((ProblemCodes.TruncatedFile, "train.jsonl." + extension), Assert.Single(problems.Select(problem => (problem.Code, problem.File))));
            }
        }
    }

    [Theory]
    [InlineData(16)]
    [InlineData(1 << 16)]
    public async Task Read_LongLineBeforeTheCut_IsReportedWhateverTheBlocks(int blockBytes)
    {
        var member = Compress([.. Encoding.UTF8.GetBytes($"\uFEFF{{\"text\": \"{new string('a', 5000)}\"}}\r\n"), .. "{\"text\": "u8], "gz");

        var (_, problems) = await ReadAsync("gz", member[..^8], new DatasetOptions { LineBlockBytes = blockBytes, MaximumLineBytes = 2048 });

        Assert.Equal([ProblemCodes.LineTooLong, ProblemCodes.TruncatedFile], problems.Select(problem => problem.Code));
        Assert.Contains("5,012 bytes", problems[0].Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public async Task Read_DamagedOrOther_IsCorrupt(string extension)
    {
        var member = Compress(Lines, extension);
        var damaged = member.ToArray();
        damaged[^6] ^= 1;

        foreach (var content in (byte[][])[Lines, [.. member, .. "and more"u8], .. extension == "gz" ? [damaged] : Array.Empty<byte[]>()])
        {
            Assert.Contains(ProblemCodes.CorruptCompression, (await ReadAsync(extension, content)).Problems.Select(problem => problem.Code));
        }
    }

    [Theory]
    [MemberData(nameof(Extensions))]
    public async Task Read_Bomb_IsRefusedBeforeItGrows(string extension)
    {
        var bomb = Compress(new byte[8 << 20], extension);
        var ratio = new DatasetOptions { UncheckedExpansionBytes = 1 << 20 };
        var length = new DatasetOptions { MaximumDecompressedBytes = 1 << 20 };

        foreach (var options in (DatasetOptions[])[ratio, length])
        {
            var (items, problems) = await ReadAsync(extension, bomb, options);

            Assert.Empty(items);
            Assert.Equal(ProblemCodes.DecompressionBomb, Assert.Single(problems).Code);
        }
    }

    [Theory]
    [InlineData("a.txt.gz", "gz")]
    [InlineData("A.TXT.ZST", "zst")]
    public async Task Read_CompressedText_IsADocument(string name, string extension)
    {
        var (items, problems) = await RecordSourceTests.ReadAsync(name, Compress("a text"u8.ToArray(), extension));

        Assert.Equal(["1: a text"], items);
        Assert.Empty(problems);
    }

    internal static byte[] Compress(byte[] content, string extension)
    {
        using var compressed = new MemoryStream();
        using (Stream stream = extension == "gz"
            ? new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)
            : new ZstdSharp.CompressionStream(compressed, leaveOpen: true))
        {
            stream.Write(content);
        }

        return compressed.ToArray();
    }

    private static Task<(List<string> Items, List<DatasetProblem> Problems)> ReadAsync(string extension, byte[] content, DatasetOptions? options = null) =>
        RecordSourceTests.ReadAsync("train.jsonl." + extension, content, TaskType.ContinuedPretrain, options);
}
