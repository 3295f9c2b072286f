using System.Text;
using FineTune.Core.Runs;
using FineTune.Core.Streams;
using FineTune.Data.Datasets;
using FineTune.Testing.Tables;

namespace FineTune.Data.Tests.FileSources;

/// <summary>Files made to hurt: each is one clear problem, in bounded memory and time. Runs while no other test does: it counts the live bytes of the process.</summary>
[CollectionDefinition(nameof(HostileSourceTests), DisableParallelization = true)]
[Collection(nameof(HostileSourceTests))]
public sealed class HostileSourceTests
{
    private const long Long = 256L << 20;
    private const long Many = 16 << 20;
    private const long AllowedBytes = 200 << 20;

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"", "a", "\"}\n{\"text\": \"b\"}\n", ProblemCodes.LineTooLong, 2L, "1: a", "3: b")]
    [InlineData("a.json", "[{\"text\": \"a\"}, {\"text\": \"", "a", "\"}, {\"text\": \"b\"}]", ProblemCodes.LineTooLong, 2L, "1: a", "3: b")]
    [InlineData("b.json", "[{\"text\": \"a\"}, {\"text\": ", "[", "", ProblemCodes.TruncatedFile, null, "1: a")]
    [InlineData("a.csv", "text\na\n\"", "a", "\"\nb\n", ProblemCodes.LineTooLong, 3L, "2: a", "4: b")]
    [InlineData("b.csv", "text\na\n", ",", "\nb\n", ProblemCodes.WrongFieldCount, 3L, "2: a", "4: b")]
    [InlineData("c.csv", "text\na\n\"", "\n", "", ProblemCodes.InvalidCsv, 3L, "2: a")]
    [InlineData("d.csv", "", ",", "\n1\n", ProblemCodes.InvalidCsvHeader, null)]
    public async Task Read_EndlessRecord_IsOneProblemInBoundedMemory(
        string name, string before, string repeated, string after, string code, long? line, params string[] read)
    {
        var (items, problems, idle, peak) = (new List<string>(), new List<DatasetProblem>(), LiveBytes(), long.MinValue);
        var source = new DatasetSource(name, _ => Task.FromResult<Stream>(new RepeatedStream(before, (byte)repeated[0], repeated == "[" ? Many : Long, after, () => peak = Math.Max(peak, LiveBytes() - idle))));
        await foreach (var item in new DatasetReader(TaskType.ContinuedPretrain, DatasetOptions.Default, problems.Add).ReadAsync([source], TestContext.Current.CancellationToken))
        {
            items.Add($"{item.Line}: {((DocumentPart)item).Text}");
        }

        Assert.Equal(read, items);
        Assert.Equal((code, line), Assert.Single(problems.Select(problem => (problem.Code, problem.Line))));
        Assert.InRange(peak, long.MinValue + 1, AllowedBytes);
    }

    /// <summary>DuckDB makes pages of up to 100 MB. With one such column a file is read, with two it is refused.</summary>
    [Theory]
    [InlineData(96, false, null)]
    [InlineData(70, true, ProblemCodes.UnsupportedParquet)]
    public async Task Read_HugePages_StayInBoundedMemory(int rows, bool inBoth, string? code)
    {
        using var directory = new TemporaryDirectory();
        await WritePagesAsync(directory["a.parquet"], rows, inBoth);
        var (idle, peak, examples, problems) = (LiveBytes(), long.MinValue, 0, new List<DatasetProblem>());
        var source = new DatasetSource("a.parquet", _ => Task.FromResult<Stream>(new WatchedStream(directory["a.parquet"], () => peak = Math.Max(peak, LiveBytes() - idle))));

        await foreach (var item in new DatasetReader(TaskType.InstructionFinetune, DatasetOptions.Default, problems.Add).ReadAsync([source], TestContext.Current.CancellationToken))
        {
            examples++;
            peak = examples == 1 ? Math.Max(peak, LiveBytes() - idle) : peak;
        }

        Assert.Equal(code, problems.Select(problem => problem.Code).SingleOrDefault());
        Assert.Equal(code is null ? rows : 0, examples);
        Assert.InRange(peak, 10 << 20, AllowedBytes);
    }

    [Theory]
    [InlineData("a.jsonl", "{0}\n{1}\n")]
    [InlineData("a.json", "[{0}, {1}]")]
    [InlineData("a.csv", "messages,id\n\"{0}\",1\n\"{1}\",2\n")]
    public async Task Read_JsonTenThousandDeep_IsOneProblem(string name, string form)
    {
        var isTable = name.EndsWith("csv", StringComparison.Ordinal);
        var deep = string.Concat(Enumerable.Repeat("[", 10_000)) + string.Concat(Enumerable.Repeat("]", 10_000));
        const string Good = """[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]""";
        var content = form
            .Replace("{0}", isTable ? deep : $"{{\"messages\": {deep}}}", StringComparison.Ordinal)
            .Replace("{1}", isTable ? Good.Replace("\"", "\"\"", StringComparison.Ordinal) : $"{{\"messages\": {Good}}}", StringComparison.Ordinal);

        var (items, problems) = await RecordSourceTests.ReadAsync(name, Encoding.UTF8.GetBytes(content), TaskType.ChatCompletion);

        Assert.Single(items);
        Assert.Equal(ProblemCodes.JsonTooDeep, Assert.Single(problems, problem => problem.Severity == ProblemSeverity.Error).Code);
    }

    [Theory]
    [InlineData("a.jsonl", "{\"text\": \"a\"}\n{\"text\": \"", "\"}\n", 2L)]
    [InlineData("a.json", "[{\"text\": \"a\"}, {\"text\": \"", "\"}]", 2L)]
    [InlineData("a.csv", "text\na\n", "\n", 3L)]
    public async Task Read_InvalidUtf8AndNul_AreProblemsOfTheRecord(string name, string before, string after, long line)
    {
        var (items, invalid) = await RecordSourceTests.ReadAsync(name, [.. Encoding.UTF8.GetBytes(before), 0xC3, 0x28, .. Encoding.UTF8.GetBytes(after)]);
        var (_, nul) = await RecordSourceTests.ReadAsync(name, [.. Encoding.UTF8.GetBytes(before), 0, .. Encoding.UTF8.GetBytes(after)]);
        var (_, utf16) = await RecordSourceTests.ReadAsync(name, [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(before + after)]);

        Assert.Single(items);
        Assert.Equal((ProblemCodes.InvalidUtf8, line), Assert.Single(invalid.Select(problem => (problem.Code, problem.Line!.Value))));
        Assert.Equal(line, Assert.Single(nul).Line);
        Assert.Contains("UTF-16", utf16[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_ZstandardThatWantsGigabytes_IsRefused()
    {
        // A frame whose header asks for a window of 2 GiB.
        var (_, problems) = await RecordSourceTests.ReadAsync("a.jsonl.zst", [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x01, 0x00, 0x00]);

        Assert.Contains("128 MiB", Assert.Single(problems).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gz", 4)]
    [InlineData("zst", 6)]
    public async Task Read_LengthThatLies_IsRefused(string extension, int fromEnd)
    {
        var content = Encoding.UTF8.GetBytes("{\"text\": \"a\"}\n");
        var lying = DecompressionTests.Compress(content, extension);

        // gzip says the length at the end; of zstd the length of the last block is changed.
        lying[extension == "gz" ? ^fromEnd : 6] ^= 0x10;

        Assert.Contains(
            (await RecordSourceTests.ReadAsync("a.jsonl." + extension, lying)).Problems,
            problem => problem.Code is ProblemCodes.CorruptCompression or ProblemCodes.TruncatedFile);
    }

    private static long LiveBytes() => GC.GetTotalMemory(forceFullCollection: true);

    /// <summary>Rows of 1 MiB, all in one page, which is a third as long in the file.</summary>
    private static async Task WritePagesAsync(string path, int rows, bool inBoth)
    {
        var random = new Random(1);
        string Text() => string.Create(1 << 20, random, (text, source) =>
        {
            text.Fill('a');
            source.GetItems("0123456789abcdef", text[..(text.Length / 3)]);
        });
        await File.WriteAllBytesAsync(
            path, await ParquetFiles.OfAsync<PairRow>([.. Enumerable.Range(0, rows).Select(_ => new PairRow { Prompt = Text(), Response = inBoth ? Text() : "b" })]));
    }

    /// <summary>A file, with a look at the memory before every read.</summary>
    private sealed class WatchedStream(string path, Action observe) : FileStream(path, FileMode.Open, FileAccess.Read)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            observe();
            return base.ReadAsync(buffer, cancellationToken);
        }
    }

    /// <summary>One byte very often, between two texts.</summary>
    private sealed class RepeatedStream(string before, byte repeated, long count, string after, Action observe) : AsyncReadStream
    {
        private const int ObservedEvery = 4 << 20;

        private readonly byte[] start = Encoding.UTF8.GetBytes(before);
        private readonly byte[] end = Encoding.UTF8.GetBytes(after);
        private long position;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var length = Take(buffer.Span);
            if (position / ObservedEvery != (position + length) / ObservedEvery)
            {
                observe();
            }

            position += length;
            return new ValueTask<int>(length);
        }

        private int Take(Span<byte> buffer)
        {
            if (position < start.Length)
            {
                return Copy(start.AsSpan((int)position), buffer);
            }

            if (position < start.Length + count)
            {
                var length = (int)Math.Min(buffer.Length, start.Length + count - position);
                buffer[..length].Fill(repeated);
                return length;
            }

            return Copy(end.AsSpan((int)(position - start.Length - count)), buffer);
        }

        private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
        {
            var length = Math.Min(from.Length, to.Length);
            from[..length].CopyTo(to);
            return length;
        }
    }
}
