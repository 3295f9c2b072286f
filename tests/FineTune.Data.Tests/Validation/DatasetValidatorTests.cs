using System.Text;
using FineTune.Core.Json;
using FineTune.Core.Models;
using FineTune.Core.Runs;
using FineTune.Data.Datasets;
using FineTune.Data.Formatting;
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
    [InlineData(Instruction, "{\"prompt\": \"a\", \"response\": \"b\"} {}", ProblemCodes.SeveralJsonValues, null)]
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
    [InlineData(Instruction, "{\"prompt\": \"a\", \"response\": \"b\", \"\\udc00text\": 1}", ProblemCodes.InvalidUnicodeEscape, null)]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"\\ud800\", \"content\": \"q\"}, " + Turns + "]}", ProblemCodes.InvalidUnicodeEscape, "messages[0].role")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"\\ud800\", \"text\": \"q\"}]}, " + Turns + "]}", ProblemCodes.UnsupportedContentPart, "messages[0].content[0]")]
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
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"weight\": 0}]}", ProblemCodes.NoTrainedMessage, "messages")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"weight\": 0.5}]}", ProblemCodes.InvalidWeight, "messages[0].weight")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"assistant\", \"content\": \"a\", \"weight\": \"1\"}]}", ProblemCodes.InvalidWeight, "messages[0].weight")]
    public async Task Validate_LineThatCannotBeTrainedOn_IsOneErrorWithItsPlace(TaskType taskType, string line, string code, string? field)
    {
        var report = await Validate(taskType, Sources.Lines(Good(taskType), "", line, Good(taskType, 1)));

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
    [InlineData(Chat, "{\"messages\": [" + Turns + ", {\"role\": \"user\", \"content\": \"q\"}]}", ProblemCodes.LastMessageNotAssistant, "messages[2].role")]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"developer\", \"content\": \"s\"}, " + Turns + "]}", ProblemCodes.OpenAIOnly, null)]
    [InlineData(Instruction, "{\"prompt\": \"a\\u0000\", \"response\": \"b\"}", ProblemCodes.NulCharacter, "prompt")]
    [InlineData(Chat, "{\"messages\": [" + Turns + "], \"tools\": [{\"function\": {\"name\": \"f\"}}]}", ProblemCodes.OpenAIOnly, null)]
    [InlineData(Chat, "{\"id\": 7, \"messages\": [" + Turns + "]}", ProblemCodes.ExtraKeys, null)]
    [InlineData(Chat, "{\"messages\": [{\"role\": \"user\", \"name\": \"Ann\", \"content\": \"p\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}", ProblemCodes.OpenAIOnly, null)]
    [InlineData(Instruction, "{\"prompt\": \"a\", \"prompt\": \"c\", \"response\": \"b\"}", ProblemCodes.DuplicateKey, "prompt")]
    [InlineData(Instruction, "{\"prompt\": \"a\", \"response\": \"b\", \"source\": \"c\"}", ProblemCodes.ExtraKeys, null)]
    public async Task Validate_LineOthersWouldRefuse_IsOneWarningAndAnExample(TaskType taskType, string line, string code, string? field)
    {
        var report = await Validate(taskType, Sources.Lines([line, .. Enumerable.Range(0, 9).Select(i => Good(taskType, i))]));

        var warning = Assert.Single(report.Problems);
        Assert.Equal((ProblemSeverity.Warning, code, 1L, field), (warning.Severity, warning.Code, warning.Line, warning.Field));
        Assert.Equal(10, report.Examples);
        Assert.True(report.IsValid);
    }

    [Theory]
    [InlineData(Instruction, "{\"prompt\": \"a\\n\", \"completion\": \" \"}")]
    [InlineData(Pretrain, "{\"text\": \"a\\ud83d\\ude00\"}")]
    public async Task Validate_UnusualButGood_HasNoProblems(TaskType taskType, string line)
    {
        var report = await Validate(taskType, Sources.Lines(Enumerable.Range(0, 10).Select(i => line.Replace("a", "a" + i, StringComparison.Ordinal))));

        Assert.Empty(report.Problems);
        Assert.Equal(10, report.Examples);
        Assert.Null(report.ToFault());
    }

    [Fact]
    public async Task Validate_UsersMessageAlone_AsksForTheAnswerOnly()
    {
        var report = await Validate(Chat, Sources.Lines([.. Enumerable.Range(0, 10).Select(i => Good(Chat, i)), """{"messages": [{"role": "user", "content": "q"}]}"""]));

        Assert.Equal(ProblemCodes.NoAssistantMessage, Assert.Single(report.Problems).Code);
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
        var report = await Validate(Instruction, Sources.Lines(Enumerable.Range(0, 9).Select(i => Good(Instruction, i))));

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
    [InlineData(Chat, "train.xlsx")]
    [InlineData(Chat, "train.zip")]
    [InlineData(Chat, "train.gz")]
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
    public async Task ToFault_ElementOfAList_SaysWhatItCounts()
    {
        var list = Sources.Of("train.json", "[{\"prompt\": \"a\", \"response\": \"b\"}, {\"prompt\": 1, \"response\": \"b\"}]"u8.ToArray());

        var fault = (await Validate(Instruction, list)).ToFault()!;

        Assert.Equal(("element", "train.json, element 2"), (fault.Record, fault.Place));
        Assert.Null((await Validate(Instruction, Sources.Lines("x"))).ToFault()!.Record);
    }

    [Fact]
    public async Task ToFault_Errors_NamesTheFirstAndCountsTheRest()
    {
        var fault = (await Validate(Instruction, Sources.Lines("{\"prompt\": \"a\", \"prompt\": \"a\", \"response\": 1}", "x", "y"))).ToFault()!;

        Assert.Equal(("validate_data", ProblemCodes.WrongType, "train.jsonl", 1L, "response"), (fault.Phase, fault.Code, fault.File, fault.Line, fault.Field));
        Assert.Contains("train.jsonl, line 1", fault.Message, StringComparison.Ordinal);
        Assert.Contains("2 more", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1000)]
    public async Task Validate_RepeatedAndLeakedExamples_AreListedWithTheirFirst(int hashesInMemory)
    {
        var train = Sources.Lines(Enumerable.Range(0, 12).Select(i => Good(Instruction, i % 10)));
        var eval = Sources.Of("eval.jsonl", $"{Good(Instruction, 20)}\n{Good(Instruction, 3)}\n {Good(Instruction, 20)}\n");

        var reports = await DatasetValidator.ValidateAsync(
            [train], [eval], Instruction, new ValidationOptions { HashesInMemory = hashesInMemory }, Token);

        Assert.Equal(
            [(ProblemCodes.DuplicateExample, 11L, "The same as the example of train.jsonl, line 1."), (ProblemCodes.DuplicateExample, 12L, "The same as the example of train.jsonl, line 2.")],
            reports.Train.Problems.Select(problem => (problem.Code, problem.Line!.Value, problem.Message)));
        Assert.Equal(
            [(ProblemCodes.DuplicateExample, 3L), (ProblemCodes.LeakedExample, 2L)],
            reports.Eval!.Problems.Where(problem => problem.Line is not null).Select(problem => (problem.Code, problem.Line!.Value)));
    }

    [Fact]
    public async Task Validate_MoreRepetitionsThanListed_ListsTheFirstAndCountsAll()
    {
        var report = await DatasetValidator.ValidateAsync(
            [Sources.Lines(Enumerable.Repeat(Good(Pretrain), 50))], Pretrain, new ValidationOptions { DetailsPerCode = 3, HashesInMemory = 7 }, Token);

        Assert.Equal([2L, 3L, 4L], report.Problems.Select(problem => problem.Line!.Value));
        Assert.Equal((49, 49), (report.Counts[ProblemCodes.DuplicateExample], report.Warnings));
    }

    [Fact]
    public async Task Validate_WithTokenizer_CountsTokensAsTheyAreTrainedOn()
    {
        var tokenizer = Fixture.Tokenizer("llama3");
        var encoder = new ExampleEncoder(tokenizer, null, 8);
        string[] lines = [.. Enumerable.Range(0, 20).Select(i => Good(Instruction, i)), """{"prompt": "x", "response": "a b c d e f g h"}"""];
        var expected = lines.Select(line => encoder.Encode(new InstructionExample("", 1, line.Split('"')[3], line.Split('"')[7]))).ToList();

        var report = await DatasetValidator.ValidateAsync(
            [Sources.Lines(lines)], Instruction, new ValidationOptions { Encoder = encoder, TrainingDuration = new(3, DurationUnit.Epochs) }, Token);

        var tokens = report.Tokens!;
        Assert.Equal(expected.Sum(example => example.Sequence!.Length), tokens.PerEpoch);
        Assert.Equal(expected.Sum(example => example.Sequence!.TrainedCount), tokens.TrainedPerEpoch);
        Assert.Equal((3 * tokens.PerEpoch, 1, expected[^1].Length), (tokens.Total, tokens.Truncated, tokens.LongestExample));
        Assert.Equal(21, tokens.Lengths.Sum(bucket => bucket.Examples));
        Assert.Equal(21, Assert.Single(report.Problems, problem => problem.Code == ProblemCodes.TruncatedExample).Line);
    }

    [Fact]
    public async Task Validate_KnownModel_EstimatesStepsMemoryTimeAndCost()
    {
        var model = ModelCatalogue.Default.Models.Single(model => model.Name == "meta-llama/Llama-3.2-1B");

        var report = await DatasetValidator.ValidateAsync(
            [Sources.Of("a.txt", new string('a', 400_000))], Pretrain, new ValidationOptions { Model = model, ContextLength = 1024, BatchSize = 8 }, Token);

        var estimate = report.Estimate!;
        Assert.Equal((13, 100_000), (estimate.Steps, estimate.Tokens));
        var a100 = estimate.Gpus.Single(gpu => gpu.Gpu.StartsWith("A100", StringComparison.Ordinal));
        Assert.True(a100.Fits);

        // Six operations a weight and token, and attention.
        Assert.InRange(a100.Hours / (6.0 * model.Parameters!.Value * 100_000 / (312e12 * 0.4) / 3600), 1, 1.1);
        Assert.Equal(a100.Hours * 3.673, a100.Cost, 6);
        Assert.Contains(report.Recommendations, recommendation => recommendation is { Code: "tokens", Met: false });
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

    private static string Good(TaskType taskType, int number = 0) => taskType switch
    {
        Chat => $"{{\"messages\": [{Turns.Replace("\"q\"", $"\"q{number}\"", StringComparison.Ordinal)}]}}",
        Instruction => $$"""{"prompt": "a{{number}}", "response": "b"}""",
        _ => $$"""{"text": "a{{number}}"}""",
    };

    private static Task<ValidationReport> Validate(TaskType taskType, params DatasetSource[] sources) =>
        DatasetValidator.ValidateAsync(sources, taskType, cancellationToken: Token);
}
