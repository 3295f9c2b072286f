using System.Text;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;

namespace FineTune.Data.Tests.FileSources;

/// <summary>The same records in every format, and what is wrong with files of each.</summary>
public sealed class RecordSourceTests
{
    [Fact]
    public async Task Read_JsonArray_GivesElementsWithTheirNumbers()
    {
        var (items, problems) = await ReadAsync("a.json", "\uFEFF \n[\n  {\"text\": \"a\\n\\\"]\",\n \"x\": [1, {\"y\": 2}]}, 5,\n{\"text\": \"b\"}\n]\n");

        Assert.Equal(["1: a\n\"]", "3: b"], items);
        var wrong = Assert.Single(problems, problem => problem.Severity == ProblemSeverity.Error);
        Assert.Equal((ProblemCodes.NotAnObject, 2L, "element"), (wrong.Code, wrong.Line!.Value, wrong.Record));
        Assert.StartsWith("The element is JSON a number", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_JsonThatIsNoArray_GivesLines() =>
        Assert.Equal(["3: a", "4: b"], (await ReadAsync("a.json", "\n \n{\"text\": \"a\"}\n{\"text\": \"b\"}")).Items);

    [Theory]
    [InlineData("[{\"text\": \"a\"}, {\"text\": \"b", ProblemCodes.TruncatedFile, null, "1: a")]
    [InlineData("[{\"text\": \"a\"}, ", ProblemCodes.TruncatedFile, null, "1: a")]
    [InlineData("[{\"text\": \"a\"}] {}", ProblemCodes.SeveralJsonValues, null, "1: a")]
    [InlineData("[{\"text\": \"a\"},, {\"text\": \"b\"}]", ProblemCodes.InvalidJson, 2L, "1: a", "3: b")]
    [InlineData("[{\"text\": \"a\"}, ]", ProblemCodes.InvalidJson, 2L, "1: a")]
    [InlineData("[{\"text\": \"a\nb\"}, {\"text\": \"b\"}]", ProblemCodes.InvalidJson, 1L, "2: b")]
    [InlineData("[{\"text\": \"a\"} {\"text\": \"b\"}]", ProblemCodes.SeveralJsonValues, 1L)]
    [InlineData("{\"data\": [\n{\"text\": \"b\"}]}", ProblemCodes.InvalidJson, 1L)]
    [InlineData("[]", ProblemCodes.EmptyFile, null)]
    public async Task Read_WrongJson_IsOneProblemWithItsElement(string json, string code, long? line, params string[] read)
    {
        var (items, problems) = await ReadAsync("a.json", json);

        Assert.Equal(read, items);
        Assert.Equal((code, line), problems.Select(problem => (problem.Code, problem.Line)).First());
    }

    [Fact]
    public async Task Read_Csv_GivesRowsWithTheLinesTheyBeginIn()
    {
        const string Csv = "\uFEFFtext\r\n\"a,\"\"b\"\"\r\nc\"\r\n\r\nd\n\"\te\\\"\re\n";

        var (items, problems) = await ReadAsync("a.csv", Csv);

        Assert.Equal(["2: a,\"b\"\r\nc", "5: d", "6: \te\\", "7: e"], items);
        Assert.Empty(problems);
    }

    [Fact]
    public async Task Read_CsvOfConversations_TakesMessagesAsJson()
    {
        const string Csv = "messages,tools\n\"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": \"\"q\"\"},\n{\"\"role\"\": \"\"assistant\"\", \"\"content\"\": \"\"a\"\"}]\",\n";

        var (items, problems) = await ReadAsync("a.csv", Csv, TaskType.ChatCompletion);

        Assert.Equal(["2: User q|Assistant a"], items);
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("text\na,b\nc\n", ProblemCodes.WrongFieldCount, 2L, "3: c")]
    [InlineData("text,x\na\n", ProblemCodes.WrongFieldCount, 2L)]
    [InlineData("text\na\"b\nc\n", ProblemCodes.InvalidCsv, 2L, "3: c")]
    [InlineData("text\n\"a\" b, c\"\nc\n", ProblemCodes.InvalidCsv, 2L, "3: c")]
    [InlineData("text\na\n\"b\nc\n", ProblemCodes.InvalidCsv, 3L, "2: a")]
    [InlineData("a;text\nb;c\n", ProblemCodes.InvalidCsvHeader, null)]
    [InlineData("a,b\nb,c\n", ProblemCodes.InvalidCsvHeader, null)]
    [InlineData("text,text\nb,c\n", ProblemCodes.InvalidCsvHeader, null)]
    [InlineData("text\n", ProblemCodes.EmptyFile, null)]
    [InlineData("messages,text\n\"[{'role': 'user'}]\",b\n", ProblemCodes.InvalidJson, 2L)]
    [InlineData("messages,text\n\"[], \"\"text\"\": 1\",b\n", ProblemCodes.InvalidJson, 2L)]
    public async Task Read_WrongCsv_IsOneProblemWithItsLine(string csv, string code, long? line, params string[] read)
    {
        var (items, problems) = await ReadAsync("a.csv", csv);

        Assert.Equal(read, items);
        Assert.Equal((code, line), Assert.Single(problems.Select(problem => (problem.Code, problem.Line))));
    }

    [Fact]
    public async Task Read_CsvRowsThatAreTooLong_AreSkippedAndTheNextKeepsItsLine()
    {
        var csv = $"text\n\"{new string('\n', 300_000)}\"\n{new string(',', 5000)}\nb\n";

        var (items, problems) = await ReadAsync("a.csv", csv, options: new DatasetOptions { MaximumLineBytes = 1000, LineBlockBytes = 64 });

        Assert.Equal(["300004: b"], items);
        Assert.Equal([(ProblemCodes.LineTooLong, 2L), (ProblemCodes.WrongFieldCount, 300_003L)], problems.Select(problem => (problem.Code, problem.Line!.Value)));
    }

    internal static Task<(List<string> Items, List<DatasetProblem> Problems)> ReadAsync(
        string name, byte[] content, TaskType taskType = TaskType.ContinuedPretrain, DatasetOptions? options = null) =>
        ReadAsync(Sources.Of(name, content), taskType, options);

    internal static async Task<(List<string> Items, List<DatasetProblem> Problems)> ReadAsync(
        DatasetSource source, TaskType taskType = TaskType.ContinuedPretrain, DatasetOptions? options = null)
    {
        var problems = new List<DatasetProblem>();
        var items = new List<string>();
        await foreach (var item in new DatasetReader(taskType, options ?? DatasetOptions.Default, problems.Add).ReadAsync([source]))
        {
            items.Add(item switch
            {
                DocumentPart part => $"{part.Line}: {part.Text}",
                InstructionExample example => $"{example.Line}: {example.Prompt}>{example.Response}",
                ChatExample chat => $"{chat.Line}: {string.Join('|', chat.Messages.Select(message => $"{message.Role} {message.Content}"))}",
                _ => item.ToString(),
            });
        }

        return (items, problems);
    }

    private static Task<(List<string> Items, List<DatasetProblem> Problems)> ReadAsync(
        string name, string content, TaskType taskType = TaskType.ContinuedPretrain, DatasetOptions? options = null) =>
        ReadAsync(name, Encoding.UTF8.GetBytes(content), taskType, options);
}
