using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
using FineTune.Data.Tokenizers;
using FineTune.Data.Validation;

namespace FineTune.Data.Tests.Validation;

public sealed class PlantedProblemsTests
{
    private const int Planted = 1000;

    private const string TemplateWithTools =
        "{% if tools %}{{ tools | tojson }}{% endif %}{% for message in messages %}{{ message.role + message.content }}"
        + "{% if message.tool_calls %}{{ message.tool_calls | tojson }}{% endif %}<|eot_id|>{% endfor %}";

    /// <summary>Kinds that a whole data set shows, or that other task types have: data, options, code.</summary>
    private static readonly (string Code, TaskType TaskType, DatasetSource[] Train, DatasetSource[]? Eval, ValidationOptions Options)[] Others =
    [
        Other(ProblemCodes.EmptyDataset, TaskType.ChatCompletion, [Sources.Of("a.jsonl", "")]),
        Other(ProblemCodes.EmptyFile, TaskType.ChatCompletion, [Sources.Of("a.jsonl", "\n")]),
        Other(ProblemCodes.UnsupportedFileType, TaskType.ChatCompletion, [Sources.Of("a.pdf", "x")]),
        Other(ProblemCodes.JsonNotLines, TaskType.ChatCompletion, [Sources.Of("a.jsonl", "[\n  {}\n]\n")]),
        Other(ProblemCodes.TruncatedFile, TaskType.ChatCompletion, [Sources.Of("a.json", "[")]),
        Other(ProblemCodes.CorruptCompression, TaskType.ChatCompletion, [Sources.Of("a.jsonl.gz", "{}")]),
        Other(ProblemCodes.DecompressionBomb, TaskType.ContinuedPretrain, [Sources.Of("a.txt.gz", FileSources.DecompressionTests.Compress(new byte[100], "gz"))], options: new ValidationOptions { Reading = new() { MaximumDecompressedBytes = 99 } }),
        Other(ProblemCodes.DamagedParquet, TaskType.ChatCompletion, [Sources.Of("a.parquet", "PAR1")]),
        Other(ProblemCodes.UnsupportedParquet, TaskType.ChatCompletion, [Sources.Of("a.parquet", "PAR1....PARE")]),
        Other(ProblemCodes.LeftOutFile, TaskType.ChatCompletion, [DatasetSource.LeftOut("a.txt")]),
        Other(ProblemCodes.InvalidCsv, TaskType.ContinuedPretrain, [Sources.Of("a.csv", "text\na\"")]),
        Other(ProblemCodes.InvalidCsvHeader, TaskType.ContinuedPretrain, [Sources.Of("a.csv", "a,b\n1,2\n")]),
        Other(ProblemCodes.WrongFieldCount, TaskType.ContinuedPretrain, [Sources.Of("a.csv", "text\n1,2\n")]),
        Other(ProblemCodes.FewExamples, TaskType.InstructionFinetune, [Sources.Lines("""{"prompt": "a", "response": "b"}""")]),
        Other(ProblemCodes.EmptyField, TaskType.InstructionFinetune, [Sources.Lines("""{"prompt": "", "response": "b"}""")]),
        Other(ProblemCodes.AmbiguousAnswer, TaskType.InstructionFinetune, [Sources.Lines("""{"prompt": "a", "response": "b", "completion": "c"}""")]),
        Other(ProblemCodes.LeakedExample, TaskType.ContinuedPretrain, [Sources.Lines("""{"text": "a"}""")], [Sources.Lines("""{"text":"\u0061"}""")]),
        Other(ProblemCodes.LargeFile, TaskType.InstructionFinetune, [Sources.Lines("{}")], options: new ValidationOptions { LargeFileBytes = 1 }),
        Other(ProblemCodes.TooManyTokens, TaskType.ContinuedPretrain, [Sources.Of("a.txt", "a text")], options: new ValidationOptions { MaximumTokens = 0 }),
        Other(ProblemCodes.TooManyTruncated, TaskType.InstructionFinetune, [Sources.Lines("""{"prompt": "a", "response": "b c d e f g h i j"}""")], options: Counting(8)),
        Other(ProblemCodes.TooManyExamplesDropped, TaskType.InstructionFinetune, [Sources.Lines("""{"prompt": "b c d e f g h i j", "response": "b"}""")], options: Counting(8)),
        Other(ProblemCodes.RefusedByChatTemplate, TaskType.ChatCompletion, [Sources.Lines("""{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}, {"id": "2", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}]}""")], options: Counting(256)),
    ];

    public static TheoryData<string> OtherCodes => [.. Others.Select(other => other.Code)];

    [Fact]
    public async Task Validate_FileWith1000PlantedProblems_ReportsAllWithTheirLinesAndCures()
    {
        var (content, planted) = Plant(seed: 7);

        var report = await DatasetValidator.ValidateAsync(
            [Sources.Of("planted.jsonl", content)],
            TaskType.ChatCompletion,
            Counting(PlantedLines.ContextLength, TemplateWithTools) with
            {
                Reading = new DatasetOptions { MaximumLineBytes = PlantedLines.MaximumLineBytes, LineBlockBytes = 1 << 14 },
                MaximumDroppedShare = 1,
                Parallelism = 3,
            },
            TestContext.Current.CancellationToken);

        Assert.Equal(Planted, planted.Count);
        Assert.Equal(
            planted.SelectMany(pair => PlantedLines.Besides(pair.Value).Append(pair.Value).Select(code => (pair.Key, code))).Order(),
            report.Problems.Select(problem => (problem.Line!.Value, problem.Code)).Order());
        Assert.All(report.Problems, problem =>
        {
            Assert.Equal("planted.jsonl", problem.File);
            Assert.Equal(ProblemKinds.Find(problem.Code)!.Cure, problem.Cure);
            Assert.Equal(ProblemKinds.Find(problem.Code)!.Severity, problem.Severity);
            Assert.NotEmpty(problem.Message);
        });
    }

    [Theory]
    [MemberData(nameof(OtherCodes))]
    public async Task Validate_DataSetWithOneOtherProblem_ReportsIt(string code)
    {
        var (_, taskType, train, eval, options) = Others.Single(other => other.Code == code);

        var reports = await DatasetValidator.ValidateAsync(train, eval, taskType, options, TestContext.Current.CancellationToken);

        var found = Assert.Single((reports.Eval ?? reports.Train).Problems, problem => problem.Code == code);
        Assert.Equal(ProblemKinds.Find(code)!.Severity, found.Severity);
        Assert.NotEmpty(found.Cure);
    }

    [Fact]
    public void Kinds_All_ArePlantedSomewhere() => Assert.Equal(
        ProblemKinds.All.Select(kind => kind.Code).Order(StringComparer.Ordinal),
        PlantedLines.Kinds.Select(kind => kind.Code).Concat(Others.Select(other => other.Code)).Order(StringComparer.Ordinal));

    [Fact]
    public void Kinds_All_AreNamedByACode() => Assert.Equal(
        typeof(ProblemCodes).GetFields().Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        ProblemKinds.All.Select(kind => kind.Code).Order(StringComparer.Ordinal));

    /// <summary>1,000 wrong lines, every kind about as often, at random places among 3,000 good ones.</summary>
    private static (byte[] Content, SortedDictionary<long, string> Planted) Plant(int seed)
    {
        var random = new Random(seed);
        var isPlanted = Enumerable.Range(0, 4 * Planted).Select(i => i < Planted).ToArray();
        random.Shuffle(isPlanted);
        var planted = new SortedDictionary<long, string>();
        using var content = new MemoryStream();
        content.Write(System.Text.Encoding.UTF8.GetBytes(PlantedLines.Good(0) + "\r\n"));
        for (var i = 1; i <= isPlanted.Length; i++)
        {
            var wrong = isPlanted[i - 1];
            var (code, make) = PlantedLines.Kinds[planted.Count % PlantedLines.Kinds.Count];
            content.Write(wrong ? make(i) : System.Text.Encoding.UTF8.GetBytes(PlantedLines.Good(i)));
            content.Write("\n"u8);
            if (wrong)
            {
                planted.Add(i + 1, code);
            }
        }

        return (content.ToArray(), planted);
    }

    private static ValidationOptions Counting(int contextLength, string? template = null)
    {
        var tokenizer = Fixture.Tokenizer("llama3");
        return new ValidationOptions { Encoder = new ExampleEncoder(tokenizer, new ChatTemplate(tokenizer, template ?? Llama3Tokens.ChatTemplate, new DateOnly(2026, 1, 1)), contextLength) };
    }

    private static (string, TaskType, DatasetSource[], DatasetSource[]?, ValidationOptions) Other(
        string code, TaskType taskType, DatasetSource[] train, DatasetSource[]? eval = null, ValidationOptions? options = null) =>
        (code, taskType, train, eval, options ?? ValidationOptions.Default);
}
