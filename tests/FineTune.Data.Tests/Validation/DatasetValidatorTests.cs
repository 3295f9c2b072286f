using System.Text;
using FineTune.Core.Json;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Validation;

namespace FineTune.Data.Tests.Validation;

public sealed class DatasetValidatorTests
{
    private const TaskType Chat = TaskType.ChatCompletion;
    private const TaskType Instruction = TaskType.InstructionFinetune;
    private const TaskType Pretrain = TaskType.ContinuedPretrain;
    private const string Turns = """{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}""";

    [Theory]
    [InlineData(Instruction, "{\"prompt\": ", ProblemCodes.InvalidJson, null)]
    [InlineData(Instruction, "{\"prompt\": \"a\", \"response\": \"b\"} {}", ProblemCodes.InvalidJson, null)]
    [InlineData(Instruction, "{\"prompt\": \"a\u0000\", \"response\": \"b\"}", ProblemCodes.InvalidJson, null)]
    [InlineData(Instruction, "[1]", ProblemCodes.NotAnObject, null)]
    [InlineData(Instruction, "\"text\"", ProblemCodes.NotAnObject, null)]
    [InlineData(Instruction, "{\"question\": \"a\", \"answer\": \"b\"}", ProblemCodes.UnknownExampleType, null)]
    [InlineData(Instruction, "{}", ProblemCodes.UnknownExampleType, null)]
    [InlineData(Instruction, "{\"messages\": []}", ProblemCodes.TaskTypeMismatch, "messages")]
    [InlineData(Chat, "{\"prompt\": \"a\", \"completion\": \"b\"}", ProblemCodes.TaskTypeMismatch, "prompt and completion")]
    [InlineData(Chat, "{\"text\": \"a\"}", ProblemCodes.TaskTypeMismatch, "text")]
    [InlineData(Pretrain, "{\"prompt\": \"a\", \"response\": \"b\"}", ProblemCodes.TaskTypeMismatch, "prompt and response")]
    [InlineData(Instruction, "{\"prompt\": \"a\"}", ProblemCodes.MissingField, "response")]
    [InlineData(Instruction, "{\"completion\": \"a\"}", ProblemCodes.MissingField, "prompt")]
    [InlineData(Instruction, "{\"prompt\": \"\", \"response\": \"b\"}", ProblemCodes.EmptyField, "prompt")]
    [InlineData(Instruction, "{\"prompt\": \"a\", \"completion\": \"\"}", ProblemCodes.EmptyField, "completion")]
    [InlineData(Pretrain, "{\"text\": \"\"}", ProblemCodes.EmptyField, "text")]
    [InlineData(Instruction, "{\"prompt\": 1, \"response\": \"b\"}", ProblemCodes.WrongType, "prompt")]
    [InlineData(Instruction, "{\"prompt\": \"a\", \"response\": null}", ProblemCodes.WrongType, "response")]
    [InlineData(Instruction, "{\"prompt\": \"a\\ud800\", \"response\": \"b\"}", ProblemCodes.InvalidUnicodeEscape, "prompt")]
    [InlineData(Chat, "{\"messages\": \"hi\"}", ProblemCodes.WrongType, "messages")]
    [InlineData(Chat, "{\"messages\": []}", ProblemCodes.NoMessages, "messages")]
    [InlineData(Chat, "{\"messages\": [1]}", ProblemCodes.WrongType, "messages[0]")]
    [InlineData(Chat, "{\"messages\": [" + Turns + ", {\"content\": \"x\"}]}", ProblemCodes.MissingField, "messages[2].role")]
    [InlineData(Chat, "{\"messages\": [" + Turns + ", {\"role\": \"assistant\"}]}", ProblemCodes.MissingField, "messages[2].content")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"human\", \"content\": \"q\"}, " + Turns + "]}", ProblemCodes.UnknownRole, "messages[0].role")]
    [InlineData(Chat, "{\"messages\": [{\"role\": 7, \"content\": \"q\"}, " + Turns + "]}", ProblemCodes.WrongType, "messages[0].role")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"content\": {}}, " + Turns + "]}", ProblemCodes.WrongType, "messages[0].content")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}, " + Turns + "]}", ProblemCodes.UnsupportedContentPart, "messages[0].content[0]")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}]}", ProblemCodes.NoAssistantMessage, "messages")]
    [InlineData(Chat, "{\"messages\": [" + Turns + ", {\"role\": \"user\", \"content\": \"q\"}]}", ProblemCodes.LastMessageNotAssistant, "messages[2].role")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"weight\": 0}]}", ProblemCodes.NoTrainedMessage, "messages")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"weight\": 0.5}]}", ProblemCodes.InvalidWeight, "messages[0].weight")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"weight\": \"1\"}]}", ProblemCodes.InvalidWeight, "messages[0].weight")]
    [InlineData(Chat, "{\"tools\": [{}], \"messages\": [" + Turns + "]}", ProblemCodes.ToolsNotSupported, "tools")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{}]}, " + Turns + "]}", ProblemCodes.ToolsNotSupported, "messages[0].tool_calls")]
    public async Task Validate_LineThatCannotBeTrainedOn_IsOneErrorWithItsPlace(TaskType taskType, string line, string code, string? field)
    {
        var report = await Validate(taskType, Sources.Lines(Good(taskType), "", line, Good(taskType)));

        var error = Assert.Single(report.Problems, problem => problem.Severity == ProblemSeverity.Error);
        Assert.Equal((code, "train.jsonl", 3L, field), (error.Code, error.File, error.Line, error.Field));
        Assert.Equal((1, 2), (report.Errors, report.Examples));
        Assert.Equal(1, report.Counts[code]);
        Assert.False(report.IsValid);
    }

    [Theory]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"content\": \"p\"}, " + Turns + "]}", ProblemCodes.ConsecutiveRoles, "messages[1].role")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"content\": \"p\"}, {\"role\": \"system\", \"content\": \"s\"}, " + Turns + "]}", ProblemCodes.SystemNotFirst, "messages[1].role")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\"}]}", ProblemCodes.SingleMessage, "messages")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}", ProblemCodes.EmptyMessage, "messages[0].content")]
    [InlineData(Chat, "{\"id\": 7, \"messages\": [" + Turns + "]}", ProblemCodes.ExtraKeys, null)]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"name\": \"Ann\", \"content\": \"p\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}", ProblemCodes.ExtraKeys, "messages[0]")]
    [InlineData(Instruction, "{\"prompt\": \"a\", \"prompt\": \"c\", \"response\": \"b\"}", ProblemCodes.DuplicateKey, "prompt")]
    [InlineData(Instruction, "{\"prompt\": \"a\", \"response\": \"b\", \"source\": \"c\"}", ProblemCodes.ExtraKeys, null)]
    public async Task Validate_LineOthersWouldRefuse_IsOneWarningAndAnExample(TaskType taskType, string line, string code, string? field)
    {
        var report = await Validate(taskType, Sources.Lines([line, .. Enumerable.Repeat(Good(taskType), 9)]));

        var warning = Assert.Single(report.Problems);
        Assert.Equal((ProblemSeverity.Warning, code, 1L, field), (warning.Severity, warning.Code, warning.Line, warning.Field));
        Assert.Equal(10, report.Examples);
        Assert.True(report.IsValid);
    }

    [Theory]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"developer\", \"content\": \"s\"}, " + Turns + ", {\"role\": \"tool\", \"tool_call_id\": \"1\", \"content\": \"r\"}, {\"role\": \"tool\", \"content\": \"r\"}, {\"role\": \"assistant\", \"content\": [{\"type\": \"text\", \"text\": \"x\"}, {\"type\": \"text\", \"text\": \"y\"}], \"weight\": 1}], \"tools\": []}")]
    [InlineData(Instruction, "{\"prompt\": \"a\\u0000\", \"completion\": \" \"}")]
    [InlineData(Pretrain, "{\"text\": \"<|eot_id|> \\ud83d\\ude00\"}")]
    public async Task Validate_UnusualButGood_HasNoProblems(TaskType taskType, string line)
    {
        var report = await Validate(taskType, Sources.Lines(Enumerable.Repeat(line, 10)));

        Assert.Empty(report.Problems);
        Assert.Equal(10, report.Examples);
        Assert.Null(report.ToFault());
    }

    [Fact]
    public async Task Validate_SeveralErrorsInOneLine_ListsAll()
    {
        var line = """{"messages": [{"role": "human", "content": 1}, {"content": "x", "weight": 3}]}""";

        var report = await Validate(Chat, Sources.Lines(line));

        Assert.Equal(
            ["messages[0].role", "messages[0].content", "messages[1].role", "messages[1].weight"], report.Problems.Select(problem => problem.Field));
    }

    [Fact]
    public async Task Validate_ManyErrors_CountsAllAndListsTheFirst()
    {
        var lines = Enumerable.Range(0, 5000).Select(i => i % 2 == 0 ? "nonsense" : "[]");

        var report = await DatasetValidator.ValidateAsync([Sources.Lines(lines)], Chat, new ValidationOptions { DetailsPerCode = 10 }, Token);

        Assert.Equal((5000, 2500, 2500), (report.Errors, report.Counts[ProblemCodes.InvalidJson], report.Counts[ProblemCodes.NotAnObject]));
        Assert.Equal(20, report.Problems.Count);
        Assert.Equal([1L, 2L, 3L], report.Problems.Take(3).Select(problem => problem.Line!.Value));
    }

    [Fact]
    public async Task Validate_FewExamples_Warns()
    {
        var report = await Validate(Instruction, Sources.Lines(Enumerable.Repeat(Good(Instruction), 9)));

        Assert.Equal(ProblemCodes.FewExamples, Assert.Single(report.Problems).Code);
        Assert.True(report.IsValid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n \r\n\t\n")]
    [InlineData("\uFEFF")]
    public async Task Validate_NoExamples_IsAnError(string content)
    {
        var report = await Validate(Instruction, Sources.Of("train.jsonl", content));

        Assert.Equal([ProblemCodes.EmptyFile, ProblemCodes.EmptyDataset], report.Problems.Select(problem => problem.Code));
        Assert.Equal(ProblemCodes.EmptyDataset, report.ToFault()!.Code);
    }

    [Theory]
    [InlineData(Chat, "train.csv")]
    [InlineData(Instruction, "notes.txt")]
    [InlineData(Pretrain, "book.pdf")]
    [InlineData(Pretrain, "README")]
    public async Task Validate_UnsupportedFile_IsAnErrorOfTheFile(TaskType taskType, string name)
    {
        var report = await Validate(taskType, Sources.Of(name, "x"));

        var error = Assert.Single(report.Problems);
        Assert.Equal((ProblemCodes.UnsupportedFileType, name, null), (error.Code, error.File, error.Line));
    }

    [Fact]
    public async Task Validate_InvalidUtf8_IsAnErrorOfTheLine()
    {
        byte[] content = [.. "{\"prompt\": \"a\", \"response\": \"b\"}\n{\"prompt\": \""u8, 0xC3, 0x28, .. "\", \"response\": \"b\"}\n"u8];

        var error = Assert.Single((await Validate(Instruction, Sources.Of("a.jsonl", content))).Problems, problem => problem.Severity == ProblemSeverity.Error);

        Assert.Equal((ProblemCodes.InvalidUtf8, 2L), (error.Code, error.Line));
    }

    [Fact]
    public async Task Validate_Utf16File_SaysSo()
    {
        var report = await Validate(Instruction, Sources.Of("a.jsonl", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Good(Instruction))]));

        Assert.Contains("UTF-16", report.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Validate_DeepJson_IsAnErrorNotACrash()
    {
        var line = $"{{\"prompt\": {new string('[', 10_000)}{new string(']', 10_000)}}}";

        var error = Assert.Single((await Validate(Instruction, Sources.Lines(line))).Problems);

        Assert.Equal(ProblemCodes.JsonTooDeep, error.Code);
        Assert.True(error.Excerpt!.Length < 100);
    }

    [Fact]
    public async Task Validate_ManyHostileKeys_KeepsTheMessageShort()
    {
        var line = $"{{{string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"{new string('k', 100)}{i}\": 1"))}}}";

        var error = Assert.Single((await Validate(Instruction, Sources.Lines(line))).Problems);

        Assert.Equal(ProblemCodes.UnknownExampleType, error.Code);
        Assert.True(error.Message.Length < 1000);
    }

    [Fact]
    public async Task ToFault_Errors_NamesTheFirstAndCountsTheRest()
    {
        var fault = (await Validate(Instruction, Sources.Lines("{\"prompt\": \"a\", \"prompt\": \"a\", \"response\": 1}", "x", "y"))).ToFault()!;

        Assert.Equal(("validate_data", ProblemCodes.WrongType, "train.jsonl", 1L, "response"), (fault.Phase, fault.Code, fault.File, fault.Line, fault.Field));
        Assert.Contains("train.jsonl, line 1", fault.Message, StringComparison.Ordinal);
        Assert.Contains("2 more", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Report_AsJson_ReadsBack()
    {
        var report = await Validate(Instruction, Sources.Lines("x"));

        var copy = WireJson.Deserialize<ValidationReport>(WireJson.Serialize(report));

        Assert.Equal(report.Problems, copy.Problems);
        Assert.Contains("\"severity\":\"error\"", WireJson.Serialize(report), StringComparison.Ordinal);
        Assert.Contains("\"invalid_json\":1", WireJson.Serialize(report), StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Good(TaskType taskType) => taskType switch
    {
        Chat => "{\"messages\": [" + Turns + "]}",
        Instruction => """{"prompt": "a", "response": "b"}""",
        _ => """{"text": "a"}""",
    };

    private static Task<ValidationReport> Validate(TaskType taskType, params DatasetSource[] sources) =>
        DatasetValidator.ValidateAsync(sources, taskType, cancellationToken: Token);
}
